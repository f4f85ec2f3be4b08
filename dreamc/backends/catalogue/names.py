"""Who serves what: the ids of the catalogue's providers, one per local service and one per cloud account."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from dreamc.stack.types import Instance, Local, Stack


class Service(Struct, frozen=True):
    """One model server on one host, and the models that it serves. `instance` is where it runs."""

    id: str
    instance: Instance
    models: tuple[Local, ...]


def services(stack: Stack) -> tuple[Service, ...]:
    """Every local server once, in the order of the models; those of one name are told apart by their hosts."""
    served: dict[tuple[str, str], list[tuple[Local, Instance]]] = {}
    for local in stack.locals:
        for instance in local.instances:
            served.setdefault((instance.host, instance.service), []).append((local, instance))
    taken = Counter(service for _, service in served) + Counter(provider.name for provider in stack.providers)
    return tuple(
        Service(f"{service}@{host}" if taken[service] > 1 else service, pairs[0][1], tuple(local for local, _ in pairs))
        for (host, service), pairs in served.items()
    )
