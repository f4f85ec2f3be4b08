"""`services:`, `gateway:`, `images:` and `data:` out of the compose files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dreamc.knowledge.images import image, image_names
from dreamc.knowledge.services import Service, service, service_names, usual_port
from dreamc.moving import words
from dreamc.moving.bundle.opened import CONFIGS, Host, Opened
from dreamc.moving.types import Claim
from dreamc.sizing.types import GIB, MIB
from dreamc.spec.operation import Data, Gateway

ADMIN, MANAGER = "whitelist-admin", "mcp-whitelist-manager"
OFFERED = {"mcp-memory": "memory", MANAGER: "whitelist"}
"""Names of services at the gateway's /mcp."""
GATEWAY_KEY, USUAL_KEY = "DREAM_GATEWAY_KEY", "env://GATEWAY_KEY"


def around(found: Opened) -> Iterator[Claim]:
    """Everything that runs beside the models."""
    yield from _services(found)
    yield from _gateway(found)
    yield from _images(found)
    root = found.gateway.release.root
    if root != Data().root:
        yield Claim(("data", "root"), root, found.gateway.at("release.json", "root"))


def _services(found: Opened) -> Iterator[Claim]:
    """In the order of the language, each as far as it is not what the table says."""
    shared = _settings(found, "router_settings").get("redis_host") is not None
    for host in found.hosts:
        for name, one in host.services().items():
            table = service(name)
            if table is None or name == ADMIN or name not in service_names():
                continue
            at = ("gateway", "redis") if name == "redis" and shared else ("services", name)
            values = _service(found, host, name, one, table)
            if at[0] == "gateway":
                values = {key: value for key, value in values.items() if key == "memory"}
            origin = host.service_at(name)
            claims = [Claim((*at, key), value, origin) for key, value in values.items() if value is not None]
            yield from claims or [Claim(at, {}, origin)]


def _service(found: Opened, host: Host, name: str, one: Any, table: Service) -> dict[str, object]:
    options = _options(host, name, one, table)
    memory = table.memory_by_option.get(str(options.get("model", table.options.get("model"))), table.memory_gib)
    limit = _bytes(one["mem_limit"])
    port = _port(host, name)
    return {
        "host": None if host.name == found.gateway.name else host.name,
        "port": None if port in (0, usual_port(name)) else port,
        "memory": None if limit == -(-int(memory * GIB) // MIB) * MIB else words.size(limit),
        **options,
        **(_tools(found, name, table) if name in OFFERED else {}),
        **({"admin_port": _port(host, ADMIN) or None} if name == MANAGER else {}),
    }


def _options(host: Host, name: str, one: Any, table: Service) -> dict[str, object]:
    """Options of the language that the environment shows."""
    set_ = one.get("environment", {})
    if name == "open-webui":
        return {"auth": False if set_.get("WEBUI_AUTH") == "false" else None}
    if name == "tts":
        voice = set_.get("DEFAULT_VOICE")
        return {"voice": None if voice == table.options.get("voice") else voice}
    if name == "whisper":
        text = host.files.get("README.md", b"").decode()
        sizes = [key for key, repo in table.weights.items() if re.search(rf"{re.escape(repo)}(?![\w-])", text)]
        model = sizes[0] if sizes else table.options.get("model")
        return {"model": None if model == table.options.get("model") else model}
    return {}


def _tools(found: Opened, name: str, table: Service) -> dict[str, object]:
    offered = _settings(found, "mcp_servers").get(OFFERED[name], {})
    allowed = offered.get("allowed_tools")
    return {
        "allowed_tools": None if tuple(allowed or ()) == table.mcp_tools else allowed,
        "disallowed_tools": offered.get("disallowed_tools"),
    }


def _port(host: Host, name: str) -> int:
    """The port that a service, or its door, holds on the host; 0 for none."""
    for holder in (name, f"door-{name}"):
        ports = host.services().get(holder, {}).get("ports", ())
        if ports:
            return int(ports[0]["published"])
    return 0


def _bytes(limit: str) -> int:
    return int(limit.removesuffix("m")) * MIB


def _settings(found: Opened, key: str) -> dict[str, Any]:
    """A section of the gateway's fullest configuration."""
    for name in CONFIGS.values():
        value = found.gateway.value(f"config/litellm/{name}-config.yaml")
        if value:
            return value.get(key, {})  # type: ignore[no-any-return]
    return {}


def _gateway(found: Opened) -> Iterator[Claim]:
    hosts = [host.name for host in found.hosts if host.release.gateway]
    running = [name for name in found.gateway.services() if re.fullmatch(r"litellm(-\d+)?", name)]
    usual = Gateway()
    ports = [
        one for name in ("litellm", "door-litellm") for one in found.gateway.services().get(name, {}).get("ports", ())
    ]
    held = found.gateway.services().get("litellm", {}).get("environment", {}).get(GATEWAY_KEY, "")
    variable = re.sub(r"\$\{(\w+).*", r"\1", held)
    key = found.secrets().get(variable, USUAL_KEY)
    origin = found.gateway.service_at("litellm")
    values = {
        "hosts": hosts if len(found.hosts) > 1 else None,
        "replicas": len(running) if len(running) > 1 else None,
        "port": int(ports[0]["published"]) if ports and int(ports[0]["published"]) != usual.port else None,
        "bind": ports[0]["host_ip"] if ports and ports[0]["host_ip"] != usual.bind else None,
        "key": None if key == USUAL_KEY else key,
        "mcp_servers": _elsewhere(found) or None,
    }
    yield from (Claim(("gateway", name), value, origin) for name, value in values.items() if value is not None)


def _elsewhere(found: Opened) -> dict[str, object]:
    """MCP servers that run on no host of the stack."""
    known = found.secrets()
    made: dict[str, object] = {}
    for name, one in _settings(found, "mcp_servers").items():
        if name not in OFFERED.values():
            token = str(one.get("authentication_token", "")).removeprefix("os.environ/")
            values = {
                "url": one["url"], "key": known.get(token), "allowed_tools": one.get("allowed_tools"),
                "disallowed_tools": one.get("disallowed_tools"),
            }  # fmt: skip
            made[name] = {key: value for key, value in values.items() if value is not None}
    return made


def _images(found: Opened) -> Iterator[Claim]:
    """Versions that are not the table's, and the registry where all images come from one."""
    used = {one["image"]: (host, name) for host in found.hosts for name, one in host.services().items()}
    registries = set()
    for name in image_names():
        table = image(name)
        assert table is not None
        first, slash, rest = table.repository.partition("/")
        bare = rest if slash and ("." in first or ":" in first) else table.repository
        for reference, (host, service_) in used.items():
            repository, pin = _split(reference)
            if repository != bare and not repository.endswith(f"/{bare}"):
                continue
            if repository != table.repository:
                registries.add(repository.removesuffix(f"/{bare}"))
            if name in ("whisper", "whisper-cuda") and name != ("whisper-cuda" if "cuda" in pin else "whisper"):
                continue
            if pin != table.tag:
                written = pin.removeprefix("v") if table.tag.startswith("v") and pin[1:2].isdigit() else pin
                yield Claim(("images", name), written, host.service_at(service_))
    if len(registries) == 1:
        yield Claim(("images", "registry"), registries.pop(), found.gateway.service_at("litellm"))


def _split(reference: str) -> tuple[str, str]:
    """Repository, and tag or digest; of both the tag, the digest being the lock file's."""
    name, _, digest = reference.partition("@")
    repository, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return repository, tag
    return name, digest
