"""Main memory of a host: what its containers need together, against the `ram:` that the file states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.sizing.types import GIB
from dreamc.stack.types import Host, Local, Mode, Stack
from dreamc.workloads.assumptions import GATEWAY_MEMORY
from dreamc.workloads.extras import main_memory, row
from dreamc.workloads.ollama import main_memory as ollama_memory
from dreamc.workloads.reach import gateway_service, serves
from dreamc.workloads.vllm import main_memory as vllm_memory

Part = tuple[str, int]
Placed = tuple[str, Part]
_SHOWN = 3


def findings(stack: Stack) -> tuple[Diagnostic, ...]:
    """A finding for every host that is too small for what is to run on it, in its hungriest mode."""
    by_mode = tuple((one.mode, parts(stack, one.mode)) for one in stack.modes)
    hosts = stack.hosts if by_mode else ()
    return tuple(found for host in hosts if host.ram is not None for found in _short(host, host.ram, by_mode))


def parts(stack: Stack, mode: Mode) -> dict[str, list[Part]]:
    """Bytes that each container needs, by host and service; doors and relays of 64 MiB are left out.

    Where no need is known it is the container's limit.
    """
    found: dict[str, list[Part]] = {host.name: [] for host in stack.hosts}
    for host, part in (*_gateways(stack), *(_servers(stack) if serves(stack, mode) else ()), *_extras(stack, mode)):
        found[host].append(part)
    return found


def _gateways(stack: Stack) -> Iterator[Placed]:
    for host in stack.gateway.hosts:
        yield from ((host, (gateway_service(number), GATEWAY_MEMORY)) for number in range(stack.gateway.replicas))


def _servers(stack: Stack) -> Iterator[Placed]:
    """Several Ollama models share a server."""
    shared: dict[tuple[str, str], list[Local]] = defaultdict(list)
    for local in stack.locals:
        for one in local.instances:
            if local.engine == "ollama":
                shared[one.host, one.service].append(local)
            else:
                yield one.host, (one.service, vllm_memory(local))
    yield from ((host, (name, ollama_memory(tuple(models)))) for (host, name), models in shared.items())


def _extras(stack: Stack, mode: Mode) -> Iterator[Placed]:
    return ((one.host, (one.name, main_memory(one))) for one in stack.services if mode in row(one).modes)


def _short(host: Host, ram: int, by_mode: tuple[tuple[Mode, dict[str, list[Part]]], ...]) -> Iterator[Diagnostic]:
    mode, found = max(by_mode, key=lambda pair: _sum(pair[1][host.name]))
    worst = found[host.name]
    if _sum(worst) <= ram:
        return
    largest = sorted(worst, key=lambda part: (-part[1], part[0]))[:_SHOWN]
    yield Diagnostic(
        "DRM314",
        (*host.at, "ram"),
        f"the services of '{host.name}' need {_gib(_sum(worst))} of main memory in {mode} mode, it has {_gib(ram)}",
        "too small",
        f"move some to another host ({', '.join(f'{name} {_gib(size)}' for name, size in largest)}), or add memory",
    )


def _sum(found: list[Part]) -> int:
    return sum(size for _, size in found)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
