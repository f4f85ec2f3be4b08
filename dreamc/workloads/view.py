"""The part of a Stack that matters to one host, so that the work grows with the hosts and not with their square."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from msgspec.structs import replace

from dreamc.stack.types import CardLedger, Extra, Host, Instance, Local, Stack


def views(stack: Stack) -> Iterator[tuple[str, Stack]]:
    """Every host with what concerns it; hosts that run the gateway see everything."""
    gateways = tuple(host for host in stack.hosts if host.name in stack.gateway.hosts)
    locals_, services, ledgers = _locals(stack), _services(stack), _ledgers(stack)
    for host in stack.hosts:
        if host in gateways:
            yield host.name, stack
        else:
            seen: tuple[Host, ...] = (host, *gateways)
            yield (
                host.name,
                replace(
                    stack,
                    hosts=seen,
                    locals=tuple(locals_[host.name]),
                    services=tuple(services[host.name]),
                    ledgers=tuple(ledgers[host.name]),
                ),
            )


def _locals(stack: Stack) -> dict[str, list[Local]]:
    """Models by host, each with the servers of that host only."""
    found: dict[str, list[Local]] = defaultdict(list)
    for local in stack.locals:
        by_host: dict[str, list[Instance]] = defaultdict(list)
        for instance in local.instances:
            by_host[instance.host].append(instance)
        for host, mine in by_host.items():
            found[host].append(replace(local, instances=tuple(mine)))
    return found


def _services(stack: Stack) -> dict[str, list[Extra]]:
    found: dict[str, list[Extra]] = defaultdict(list)
    for extra in stack.services:
        found[extra.host].append(extra)
    return found


def _ledgers(stack: Stack) -> dict[str, list[CardLedger]]:
    found: dict[str, list[CardLedger]] = defaultdict(list)
    for one in stack.ledgers:
        found[one.host].append(one)
    return found
