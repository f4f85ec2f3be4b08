"""A host on this machine with an applied release below a temporary root, and a `docker` that plays its containers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dreamc.artifact.release import ModeFacts, Release, release_of
from dreamc.artifact.types import Bundle, digest
from dreamc.compiler import Request, emit, resolve
from dreamc.provision.session import Session, open_session
from dreamc.provision.types import Address
from tests.unit.provision import fake_docker

CANARY = "sk-canary-7c1f0e55"
CLOUD_KEY = 'two\nlines "and" $more'
DREAM = """\
dream: 1
name: den
mode: hybrid
data: {{root: {root}}}
hardware:
  # under the desk
  box: {{gpus: rtx-4070, ram: 64 GiB, disk: 500 GiB}}   # quiet
models:
  small: {{source: "ollama:qwen2.5-coder:3b", context: 4k, host: box}}
providers:
  cloud:
    kind: openai-compatible
    base_url: http://192.0.2.7:8800/v1
    key: env://CLOUD_KEY
    models:
      large: {{id: large-1, context: 32k, usd_per_mtok: {{input: 3, output: 15}}}}
gateway: {{key: env://GATEWAY_KEY}}
fallbacks:
  timeout: 20s
  chains:
    chat: [small, large]
"""


@dataclass
class Installed:
    """`state` is what the fake docker knows; `save` writes it."""

    folder: Path
    root: Path
    bundle: Bundle
    state: dict[str, Any]

    @property
    def release(self) -> Release:
        return release_of(self.bundle)

    @property
    def mode(self) -> ModeFacts:
        return self.release.mode("hybrid")

    @property
    def current(self) -> Path:
        return self.root / "releases" / digest(self.bundle)

    @property
    def file(self) -> Path:
        return self.folder / "dream.yaml"

    def save(self) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state))

    def container(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.state["containers"] if one["service"] == service)
        return found

    def change(self, service: str, **more: Any) -> None:
        self.container(service).update(more)
        self.save()

    def journal(self, **more: Any) -> None:
        entry: dict[str, Any] = {"time": "2026-11-20T12:00:00Z", "action": "apply", "outcome": "done", "mode": "hybrid"}
        entry |= {"release": digest(self.bundle), "who": "ada@desk", "why": "to see", "seconds": 65}
        with (self.root / "journal.jsonl").open("a") as file:
            file.write(json.dumps(entry | more) + "\n")

    def session(self) -> Session:
        return open_session(Address("box", "box", "local"))

    def calls(self) -> str:
        return (self.folder / "calls").read_text()


def bundle_of(file: Path) -> Bundle:
    """The file compiled, for its only host."""
    result = resolve(Request(file, None, {}, date(2026, 11, 20)))
    assert result.stack is not None, result.findings
    (bundle,) = emit(result.stack)
    return bundle


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Applied in hybrid mode, all services healthy, the gateway silent until a test gives it a port."""
    root = tmp_path / "opt"
    root.mkdir()
    file = tmp_path / "dream.yaml"
    file.write_text(DREAM.format(root=root))
    (tmp_path / "inventory.yaml").write_text("all:\n  hosts:\n    box: {ansible_connection: local}\n")
    bundle = bundle_of(file)
    made = Installed(tmp_path, root, bundle, {})
    for one in bundle.artifacts:
        path = made.current / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content)
        path.chmod(int(one.mode, 8))
    (root / "current").symlink_to(f"releases/{digest(bundle)}")
    (root / "mode").write_text("hybrid\n")
    _env(made)
    _weights(made)
    made.state = _state(made)
    made.save()
    made.journal()
    _path(made, monkeypatch)
    return made


def _env(made: Installed) -> None:
    from dreamc.provision.secrets import env_lines

    values = {one.variable: CANARY for one in made.mode.secrets}
    values |= {"DREAM_CLOUD_KEY": CLOUD_KEY} if "DREAM_CLOUD_KEY" in values else {}
    (made.root / ".env").write_text(env_lines(values))
    (made.root / ".env").chmod(0o600)


def _weights(made: Installed) -> None:
    """Ollama's store with a model of six bytes."""
    blobs = made.root / "models/ollama/blobs"
    blobs.mkdir(parents=True)
    layer = f"sha256:{'a' * 64}"
    (blobs / layer.replace(":", "-")).write_text("layers")
    for one in made.mode.weights:
        path = made.root / one.path
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"config": {"digest": layer, "size": 6}, "layers": []}))


def _state(made: Installed) -> dict[str, Any]:
    containers: list[dict[str, Any]] = [
        {
            "service": one.name,
            "name": f"{made.release.project}-{one.name}-1",
            "state": "running",
            "health": "healthy",
            "image": one.image,
            "image_id": f"sha256:{number:064x}",
            "definition": one.definition,
            "config": "c",
            "code": 0,
            "restarts": 0,
            "started": "2026-11-20T12:00:00Z",
        }
        for number, one in enumerate(made.mode.services, 1)
    ]
    rows = [f"{one['image'].rpartition(':')[0]}|{one['image'].rpartition(':')[2]}|<none>|{one['image_id']}"
            for one in containers]  # fmt: skip
    return {"project": made.release.project, "containers": containers, "images": rows, "key": CANARY, "alive": True}


def _path(made: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made.folder / "bin"
    folder.mkdir()
    docker = folder / "docker"
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} -S {fake_docker.__file__} "$@"\n')
    card = "0, NVIDIA GeForce RTX 4070, 12282, 8100, 580.95.05, 8.9, [N/A]"
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\necho '{card}'\n")
    (folder / "nvidia-ctk").write_text("#!/bin/sh\n")
    for one in folder.iterdir():
        one.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_DOCKER", str(made.folder / "state.json"))
    monkeypatch.setenv("GATEWAY_KEY", CANARY)
    monkeypatch.setenv("CLOUD_KEY", CLOUD_KEY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(made.folder / "cache"))
    monkeypatch.chdir(made.folder)


Install = Callable[[], Installed]
