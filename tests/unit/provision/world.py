"""A small release, its bundle, and a host on which it runs: what plans are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dreamc.artifact.release import (
    Alias,
    Card,
    Directory,
    Image,
    ModeFacts,
    ModelFile,
    Needs,
    Part,
    Release,
    Secret,
    Service,
    Weights,
    release_artifact,
)  # fmt: skip
from dreamc.artifact.types import Artifact, Bundle, digest, manifest, sha256
from dreamc.document.write import yaml_text
from dreamc.provision.plan import Given, HostPlan, plan
from dreamc.provision.types import Container, Disk, Gpu, HostFacts, Mount, Target

GIB = 2**30
ROOT = "/opt/dream"
NOW = 1795180000.0
HUB = f"{ROOT}/models/huggingface"
QUALITY = Weights(
    "hf", "Qwen/Qwen3-8B", f"{HUB}/hub/models--Qwen--Qwen3-8B", HUB, "b968826d", "", 16 * GIB,
    (ModelFile("model.safetensors", 16 * GIB, "a" * 64),), ("quality",),
)  # fmt: skip


def service(name: str, image: str, **more: Any) -> Service:
    return Service(name, image, definition_of(compose(name, image, more)), **more)


def compose(name: str, image: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The compose mapping of a service of this world: what `command` and `config` would be, taken from its title."""
    command = ["--model", name, *str(more.get("title", "")).split()]
    volumes = [
        {"type": "bind", "source": f"${{DREAM_BUNDLE:-.}}/config/{name}.yaml", "target": "/c", "read_only": True}
    ]
    return {"image": image, "command": command, "volumes": volumes, "labels": {"dev.dreamc.config": str(more)}}


def definition_of(mapping: Mapping[str, Any]) -> str:
    return sha256(repr(sorted(mapping.items())).encode())


LITELLM = service(
    "litellm", "ghcr.io/berriai/litellm:v1.106.2", title="--port 4000", ports=(4000,),
    secrets=("DREAM_GATEWAY_KEY", "DREAM_OPENAI_API_KEY"), data=(f"{ROOT}/data/litellm",), start=150, stop=30,
)  # fmt: skip
VLLM = service("vllm-quality", "vllm/vllm-openai:v0.33.0", title="--max-model-len 16384", gpus=(0,), start=356, stop=60)
REDIS = service("redis", "redis:8.4.0-alpine", data=(f"{ROOT}/data/redis",), start=55, stop=30)
SECRETS = (
    Secret("DREAM_GATEWAY_KEY", "env://GATEWAY_KEY", "key of the gateway"),
    Secret("DREAM_OPENAI_API_KEY", "env://OPENAI_API_KEY", "API key of openai"),
)
CARD = Card(
    0, "GeForce RTX 4090", int(23.52 * GIB), "8.9", "measured", (Part("quality", 20 * GIB, "vllm", "modelled"),)
)
IMAGES = tuple(Image(one.image, f"sha256:{sha256(one.image.encode())}", 2 * GIB) for one in (LITELLM, VLLM, REDIS))
DIRECTORIES = (
    Directory(f"{ROOT}/data/litellm", "0750", 0, 0, keep=True),
    Directory(f"{ROOT}/data/redis", "0750", 999, 1000, keep=True),
    Directory(HUB, "0755", 0, 0, keep=False),
)


def mode(name: Any = "hybrid", services: tuple[Service, ...] = (LITELLM, VLLM, REDIS), **more: Any) -> ModeFacts:
    used = {one.image for one in services}
    local = VLLM.name in {one.name for one in services}
    values: dict[str, Any] = {
        "images": tuple(one for one in IMAGES if one.name in used) or IMAGES[:0],
        "weights": (QUALITY,) if local else (),
        "secrets": SECRETS,
        "aliases": (Alias("auto", "chat", ("quality@gpu01.0",)), Alias("code", "chat", ("quality@gpu01.0",))),
        "cards": (CARD,) if local else (),
        "needs": Needs(1, "8.9", 24 * GIB, "13.0", "580.65")
        if VLLM.name in {one.name for one in services}
        else Needs(),
        "worst_month": 50.0,
    }
    return ModeFacts(name, services=services, **{**values, **more})


CLOUD = mode("cloud", (LITELLM, REDIS), worst_month=200.0)
LOCAL = ModeFacts("local", reason="no route without a cloud for the alias auto")


def release(*modes: ModeFacts, **more: Any) -> Release:
    found = {one.mode: one for one in (CLOUD, LOCAL, mode(), *modes)}
    values: dict[str, Any] = {"directories": DIRECTORIES, "gateway": "litellm", "gateway_url": "http://127.0.0.1:4000"}
    return Release(
        1, "dreamc 0.2.0", "home", "gpu01", "dream-home", ROOT, "f" * 64, "hybrid", tuple(found.values()),
        **{**values, **more},
    )  # fmt: skip


def bundle(of: Release, files: Mapping[str, str] | None = None) -> Bundle:
    """With a compose file for each mode, and a configuration file for each service that `files` replaces."""
    texts = {f"config/{one.name}.yaml": f"of: {one.name}\n" for mode in of.modes for one in mode.services}
    for one in of.modes:
        if one.services:
            texts[f"docker-compose.{one.mode}.yml"] = yaml_text(
                {"services": {s.name: mapping(s) for s in one.services}}
            )
    made = tuple(Artifact(path, text) for path, text in {**texts, **(files or {})}.items())
    made = (*made, Artifact("dream", "#!/bin/sh\n", executable=True), release_artifact(of))
    return Bundle(of.host, (*made, manifest(of.host, made, {"tool": "dreamc"})))


def mapping(of: Service) -> dict[str, Any]:
    more = {
        key: value for key, value in msgspec.structs.asdict(of).items() if key not in ("name", "image", "definition")
    }
    defaults = msgspec.structs.asdict(Service("", "", ""))
    return compose(of.name, of.image, {key: value for key, value in more.items() if value != defaults[key]})


def image_id(name: str) -> str:
    return f"sha256:{sha256(f'id of {name}'.encode())}"


def container(of: Service, **more: Any) -> Container:
    values = Container(
        of.name,
        f"dream-home-{of.name}-1",
        "running",
        "healthy",
        of.image,
        image_id(of.image),
        of.definition,
        "h",
        0,
        0,
        "then",
    )
    return msgspec.structs.replace(values, **more)


def bare(**more: Any) -> HostFacts:
    """A host with a good card and Docker on which nothing is installed."""
    disks = tuple(Disk(path, 900 * GIB, 400 * GIB, "/dev/sda1") for path in (ROOT, HUB, "/var/lib/docker"))
    found = HostFacts(
        host="gpu01", os="Debian GNU/Linux 12 (bookworm)", kernel="6.1.0", architecture="x86_64", user="root", uid=0,
        groups=("root",), writable=True, clock=NOW, ram=64 * GIB, disks=disks, engine="29.0.1", engine_problem="",
        compose="2.40.3", toolkit=True, systemd=True, unit=False,
        gpus=(Gpu(0, "NVIDIA GeForce RTX 4090", 24564 * 2**20, "8.9", "580.95.05"),), root=ROOT, release="", mode="",
        releases=(), transaction="", lock=None, release_json="", manifest=(), strangers=(), env=(), containers=(),
        images=(), weights=((QUALITY.path, 0, False),), directories=(), ports=("0.0.0.0:22",), journal="",
        docker_root="/var/lib/docker",
    )  # fmt: skip
    return msgspec.structs.replace(found, **more)


ENV = {one.variable: sha256(f"s4lt{one.variable}".encode()) for one in SECRETS}


def after(of: Release, made: Bundle, name: str = "hybrid", start: HostFacts | None = None, **more: Any) -> HostFacts:
    """The host as an apply leaves it."""
    found = of.mode(name)
    images = {one.name: image_id(one.name) for one in found.images}
    pinned = {f"{one.name.rpartition(':')[0]}@{one.digest}": image_id(one.name) for one in found.images if one.digest}
    done = msgspec.structs.replace(
        start or bare(),
        unit=True,
        release=digest(made),
        mode=name,
        releases=(digest(made),),
        release_json=next(one.text for one in made.artifacts if one.path == "release.json"),
        manifest=tuple((one.path, one.mode, sha256(one.content)) for one in made.artifacts),
        env=tuple(sorted((one.variable, ENV.get(one.variable, "e" * 64)) for one in found.secrets)),
        containers=tuple(container(one) for one in found.services),
        images=tuple(sorted({**images, **pinned}.items())),
        weights=tuple((one.path, one.size, True) for one in found.weights),
        directories=tuple((one.path, f"{one.mode} {one.uid} {one.gid}") for one in of.directories),
        ports=("0.0.0.0:22", *(f"127.0.0.1:{port}" for one in found.services for port in one.ports)),
        published=tuple(f"127.0.0.1:{port}" for one in found.services for port in one.ports),
        mounts=tuple(Mount(one.name, "bind", path, "/data") for one in found.services for path in one.data),
    )
    return msgspec.structs.replace(done, **more)


def given(**more: Any) -> Given:
    return Given(**{"env": ENV, "clock": NOW, **more})


def planned(of: Release, facts: HostFacts, name: Any = "hybrid", made: Bundle | None = None, **more: Any) -> HostPlan:
    made = made or bundle(of)
    return plan(Target("gpu01", digest(made), name), of, made, facts, given(**more))
