"""Placed and sized models to running servers: services, ports, GPU indices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from dreamc.knowledge.services import service
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.place import Assignment
from dreamc.sizing.types import Fit
from dreamc.spec.dream import Dream
from dreamc.stack.types import Instance, Local
from dreamc.stack.wanted import Wanted

FIRST_PORT = 8001
OLLAMA_PORT = 11434


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
    )


def slug(name: str) -> str:
    """A name as part of a service or file name: lower case, everything else a dash."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _servers(
    dream: Dream, models: tuple[Wanted, ...], assignments: tuple[Assignment, ...]
) -> dict[str, list[Instance]]:
    """Instances of every model. vLLM: a server each; Ollama: one server for every set of cards of a host."""
    servers: dict[str, list[Instance]] = defaultdict(list)
    ports = _Ports(dream)
    ollamas: dict[tuple[str, tuple[int, ...]], str] = {}
    by_name = {one.name: one for one in models}
    order = {name: index for index, name in enumerate(by_name)}
    for each in sorted(assignments, key=lambda found: (order[found.name], found.replica)):
        one = by_name[each.name]
        if one.engine == "ollama":
            name = ollamas.setdefault((each.host, each.gpus), _ollama_name(ollamas, each.host))
            port = one.spec.port or OLLAMA_PORT
        else:
            name, port = _vllm_name(one, each, servers[one.name]), ports.take(each.host, one.spec.port)
        servers[one.name].append(Instance(each.replica, each.host, each.gpus, name, port, each.reason))
    return servers


def _ollama_name(taken: Mapping[tuple[str, tuple[int, ...]], str], host: str) -> str:
    count = sum(1 for where, _ in taken if where == host)
    return "ollama" if count == 0 else f"ollama-{count}"


def _vllm_name(one: Wanted, each: Assignment, before: list[Instance]) -> str:
    count = sum(1 for instance in before if instance.host == each.host)
    return f"vllm-{slug(one.name)}" + (f"-{count}" if count else "")


class _Ports:
    """Hands out ports per host, past those that the file names."""

    def __init__(self, dream: Dream) -> None:
        named = {model.port for model in dream.models.values() if model.port}
        ui = (service("open-webui"), dream.services.open_webui), (service("n8n"), dream.services.n8n)
        named |= {spec.port or table.host_port for table, spec in ui if spec and table}
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
