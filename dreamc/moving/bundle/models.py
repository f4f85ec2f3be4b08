"""`models:` out of vLLM's command lines, the gateway's deployments and the services that run them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from dreamc.diagnostics.types import Path
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge.ollama import ollama_model
from dreamc.moving import words
from dreamc.moving.bundle.opened import MAPPINGS, POLICY, Host, Opened
from dreamc.moving.types import Claim, Origin
from dreamc.moving.vllm_options import Options, parsed

OWN = (
    "--revision", "--served-model-name", "--host", "--port", "--dtype", "--quantization", "--max-model-len",
    "--max-num-seqs", "--max-num-batched-tokens", "--tensor-parallel-size", "--kv-cache-dtype",
    "--gpu-memory-utilization", "--kv-cache-memory-bytes", "--enforce-eager", "--cpu-offload-gb", "--runner",
    "--convert", "--task",
)  # fmt: skip
"""Options that the compiler writes itself, in its order; what stands behind them out of order is the user's."""


class Server(Struct, frozen=True):
    """One running server: `gpus` and `port` on its host, port 0 where none is published."""

    host: str
    gpus: tuple[int, ...]
    port: int
    service: str


class Served(Struct, frozen=True):
    """A model of the stack's own cards, as its bundles show it."""

    name: str
    engine: str
    member: Any
    deployment: Any
    servers: tuple[Server, ...]
    options: Options | None
    description: str
    origin: Origin | None


def served(found: Opened) -> tuple[Served, ...]:
    """Every local model in the order of the policy."""
    known, matches = found.deployments(), found.gateway.value(MAPPINGS).get("exact_matches", {})
    return tuple(
        _served(found, name, member, known.get(name, {}), matches.get(name, {}).get("description", ""))
        for name, member in found.policy.get("members", {}).items()
        if member["location"] == "local"
    )


def _served(found: Opened, name: str, member: Any, deployments: Any, description: str) -> Served:
    first: Any = next(iter(deployments.values()), {})
    origin = found.gateway.at(POLICY, "members", name)
    if member["engine"] == "vllm":
        servers, words_, where = _vllm(found, name)
        return Served(name, "vllm", member, first, servers, parsed(words_), description, where or origin)
    places = [identity.rpartition("@")[2].rpartition(".") for identity in deployments]
    hosts = [host for host, _, _ in places]
    servers = tuple(one for host in found.hosts for one in _ollama(host, name, hosts.count(host.name)))
    return Served(name, "ollama", member, first, servers, None, description, origin)


def _vllm(found: Opened, name: str) -> tuple[tuple[Server, ...], Sequence[str], Origin | None]:
    servers: list[Server] = []
    command: Sequence[str] = ()
    origin = None
    for host in found.hosts:
        for service, one in host.services().items():
            if f"--served-model-name={name}" in one.get("command", ()):
                servers.append(Server(host.name, gpus_of(one), _port(host, service), service))
                command, origin = one["command"], origin or host.service_at(service)
    return tuple(servers), command, origin


def _ollama(host: Host, name: str, count: int) -> Iterator[Server]:
    """A host's Ollama servers are told apart by the names in their titles."""
    titles = {one.name: one.title for mode in host.release.modes for one in mode.services}
    for service, title in titles.items():
        listed = title.removeprefix("Ollama: ").split(", ") if title.startswith("Ollama: ") else []
        if count and name in listed:
            yield Server(host.name, gpus_of(host.services()[service]), 0, service)


def gpus_of(service: Any) -> tuple[int, ...]:
    """GPUs that a compose service reserves."""
    devices = service.get("deploy", {}).get("resources", {}).get("reservations", {}).get("devices", [])
    return tuple(int(gpu) for one in devices for gpu in one.get("device_ids", ()))


def _port(host: Host, service: str) -> int:
    door = host.services().get(f"door-{service}", {})
    return int(next((one["published"] for one in door.get("ports", ())), 0))


class Shown(Struct, frozen=True):
    """How much of what the compiler decided is written down: see `settle`."""

    open_contexts: bool | None
    concurrency: bool | None
    pins: str
    explicit: bool


def models(found: Opened, everyone: tuple[Served, ...], shown: Shown) -> Iterator[Claim]:
    """The claims for every model."""
    for one in everyone:
        at: Path = ("models", one.name)
        values = _vllm_values(one, shown, found.locked) if one.options else _ollama_values(one)
        for key, value in {**values, **_common(found, one), **_place(one, shown)}.items():
            if value is not None:
                yield Claim((*at, key), value, one.origin)


def _common(found: Opened, one: Served) -> dict[str, object]:
    usual, wait = found.policy.get("timeout_s"), one.deployment.get("litellm_params", {}).get("timeout")
    source = one.deployment.get("litellm_params", {}).get("model", "").partition("/")[2]
    known = ollama_model(source) if one.engine == "ollama" else None
    abilities = tuple(one.member.get("abilities", ()))
    return {
        "tier": one.member.get("tier") or one.deployment.get("model_info", {}).get("dream_tier"),
        "task": "embed" if one.deployment.get("model_info", {}).get("mode") == "embedding" else None,
        "abilities": None if abilities == (known.abilities if known else ()) else list(abilities),
        "timeout": None if wait in (None, usual) else words.seconds(wait),
        "description": one.description or None,
        "replicas": len(one.servers) if len(one.servers) > 1 else None,
    }


def _ollama_values(one: Served) -> dict[str, object]:
    params = one.deployment.get("litellm_params", {})
    keep = params.get("keep_alive", -1)
    return {
        "source": f"ollama:{params.get('model', '').partition('/')[2]}",
        "context": words.tokens(one.member["context"]),
        "keep_alive": None if keep == -1 else words.seconds(keep),
    }


def _vllm_values(one: Served, shown: Shown, locked: bool) -> dict[str, object]:
    """A revision that a lock file pins is not written: the lock file speaks of the source without one."""
    assert one.options is not None
    given = one.options.values
    revision, parallel = given.get("--revision"), int(str(given.get("--tensor-parallel-size", 1)))
    least = shown.explicit
    return {
        "source": f"hf:{one.options.model}" + (f"@{revision}" if revision and not locked else ""),
        "context": _context(one.options.model, int(str(given["--max-model-len"])), shown.open_contexts),
        "concurrency": _concurrency(int(str(given["--max-num-seqs"])), shown.concurrency),
        "gpus": parallel if parallel > 1 and (least or len(one.servers) > 1) else None,
        "dtype": given.get("--dtype") if least else None,
        "quantization": given.get("--quantization") if least else None,
        "kv_cache_dtype": given.get("--kv-cache-dtype"),
        "offload": f"{given['--cpu-offload-gb']} GiB" if "--cpu-offload-gb" in given else None,
        "engine_args": _further(one.options) or None,
    }


def _context(repo: str, length: int, is_open: bool | None) -> object:
    """A round length was asked for; one that is not round was the longest that fitted, and is so again."""
    longest = length % 1024 != 0 if is_open is None else is_open
    shape = shape_of(repo)
    most = shape.max_len if isinstance(shape, ModelShape) else length
    return f"{length}..{words.tokens(most)}" if longest and most > length else words.tokens(length)


def _concurrency(sequences: int, written: bool | None) -> int | None:
    """vLLM's own number is what a model has for which none is asked for."""
    usual = sequences >= USUAL if written is None else not written
    return None if usual else sequences


USUAL = 128
"""Sequences at once from which nobody has asked for them; a guess that the proof corrects."""


def _further(options: Options) -> dict[str, object]:
    """What stands behind the compiler's own options."""
    last = -1
    found: dict[str, object] = {}
    for name, value in options.values.items():
        rank = OWN.index(name) if name in OWN else -1
        if found or rank <= last:
            found[name.removeprefix("--")] = value
        else:
            last = rank
    return found


def _place(one: Served, shown: Shown) -> dict[str, object]:
    hosts = {server.host for server in one.servers}
    places: dict[str, object] = {}
    if shown.pins != "none" and len(hosts) == 1:
        places["host"] = one.servers[0].host
    if shown.pins == "gpus" and len(one.servers) == 1 and one.servers[0].gpus:
        gpus = one.servers[0].gpus
        places["gpu"] = gpus[0] if len(gpus) == 1 else list(gpus)
    if shown.explicit and one.servers and one.servers[0].port:
        places["port"] = min(server.port for server in one.servers)
    return places
