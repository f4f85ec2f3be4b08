"""Placed and sized models to running servers: services, ports, GPU indices."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from dreamc.knowledge.services import usual_port
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.place import Assignment
from dreamc.sizing.types import Fit
from dreamc.spec.dream import Dream
from dreamc.spec.services import Published
from dreamc.stack.types import Instance, Local
from dreamc.stack.wanted import Wanted

FIRST_PORT = 8001
OLLAMA_PORT = 11434
LONGEST = 52
"""Characters of a service without its number, so that `door-` and a number still make a label of a host name."""


def locals_(
    dream: Dream,
    models: tuple[Wanted, ...],
    assignments: tuple[Assignment, ...],
    sizes: Mapping[str, Fit | OllamaClaim],
) -> tuple[Local, ...]:
    """Every model that runs on the user's own cards, in the order of the file."""
    servers = _servers(dream, models, assignments)
    return tuple(_local(one, sizes[one.name], tuple(servers[one.name]), dream.fallbacks.timeout) for one in models)


def _local(one: Wanted, size: Fit | OllamaClaim, instances: tuple[Instance, ...], timeout: float) -> Local:
    spec = one.spec
    return Local(
        name=one.name,
        engine=one.engine,
        source=one.source,
        revision=one.revision,
        task=spec.task,
        tier=spec.tier,
        abilities=one.abilities,
        context=size.max_model_len if isinstance(size, Fit) else size.context,
        concurrency=size.max_num_seqs if isinstance(size, Fit) else size.parallel,
        timeout=spec.timeout or timeout,
        keep_alive=spec.keep_alive,
        size=size,
        tensor_parallel=len(instances[0].gpus),
        kv_cache_dtype=size.kv_cache_dtype if isinstance(size, Fit) else size.kv_type,
        engine_args=tuple(spec.engine_args.items()),
        instances=instances,
        description=spec.description or "",
        at=one.at,
        files=one.pin.files if one.pin else (),
        digest=one.pin.digest if one.pin else "",
    )


def slug(name: str) -> str:
    """A name as part of a service or file name: lower case, everything else a dash."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def dns_label(text: str, key: str = "", most: int = 63) -> str:
    """`text` as one label of a host name, which may have 63 characters (RFC 1035, 2.3.4); what is cut off is told
    apart by a digest of `key`."""
    return text if len(text) <= most else _told_apart(text[: most - 7].rstrip("-"), key or text)


def _told_apart(text: str, key: str) -> str:
    return f"{text}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"


def _servers(
    dream: Dream, models: tuple[Wanted, ...], assignments: tuple[Assignment, ...]
) -> dict[str, list[Instance]]:
    """Instances of every model. vLLM: a server each; Ollama: one server for every set of cards of a host."""
    servers: dict[str, list[Instance]] = defaultdict(list)
    ports = _Ports(dream)
    by_name = {one.name: one for one in models}
    ollamas = _ollama_names(each for each in assignments if by_name[each.name].engine == "ollama")
    stems = _vllm_stems(models)
    order = {name: index for index, name in enumerate(by_name)}
    for each in sorted(assignments, key=lambda found: (order[found.name], found.replica)):
        one = by_name[each.name]
        if one.engine == "ollama":
            name, port = ollamas[each.host, each.gpus], OLLAMA_PORT
        else:
            name, port = _vllm_name(stems[one.name], each, servers[one.name]), ports.take(each.host, one.spec.port)
        servers[one.name].append(Instance(each.replica, each.host, each.gpus, name, port, each.reason))
    return servers


def _ollama_names(assignments: Iterable[Assignment]) -> dict[tuple[str, tuple[int, ...]], str]:
    """A name for each set of cards, by the order of the cards: that of the models must not rename a service."""
    found: dict[tuple[str, tuple[int, ...]], str] = {}
    count: dict[str, int] = defaultdict(int)
    for host, gpus in sorted({(each.host, each.gpus) for each in assignments}):
        found[host, gpus] = f"ollama-{count[host]}" if count[host] else "ollama"
        count[host] += 1
    return found


def _vllm_stems(models: tuple[Wanted, ...]) -> dict[str, str]:
    """Service names without the replica's number. Names that only differ in case or signs, or that read like a replica
    of another model, are told apart by a digest."""
    stems = {one.name: dns_label(f"vllm-{slug(one.name)}", one.name, LONGEST) for one in models if one.engine == "vllm"}
    count = Counter(stems.values())
    replicas = {stems[one.name]: one.spec.replicas for one in models if one.name in stems}

    def unclear(stem: str) -> bool:
        other, _, number = stem.rpartition("-")
        return count[stem] > 1 or (number.isdigit() and int(number) < replicas.get(other, 0))

    return {name: _told_apart(stem[: LONGEST - 7], name) if unclear(stem) else stem for name, stem in stems.items()}


def _vllm_name(stem: str, each: Assignment, before: list[Instance]) -> str:
    count = sum(1 for instance in before if instance.host == each.host)
    return stem + (f"-{count}" if count else "")


class _Ports:
    """Hands out ports per host, past those that the file names."""

    def __init__(self, dream: Dream) -> None:
        named = {model.port for model in dream.models.values() if model.port}
        pages = ((name, spec) for name, spec in dream.services.given() if isinstance(spec, Published))
        named |= {port for name, spec in pages if (port := spec.port or usual_port(name))}
        named |= {dream.gateway.port + n for n in range(dream.gateway.replicas)} | {OLLAMA_PORT}
        self._named = named
        self._next: dict[str, int] = defaultdict(lambda: FIRST_PORT)
        self._taken: set[tuple[str, int]] = set()

    def take(self, host: str, asked: int | None) -> int:
        """The port asked for where it is free, else the next free one of the host."""
        if asked and (host, asked) not in self._taken:
            self._taken.add((host, asked))
            return asked
        port = self._next[host]
        while port in self._named:
            port += 1
        self._next[host] = port + 1
        return port
