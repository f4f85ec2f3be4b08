"""Who serves what: the ids of the catalogue's providers, one per local service and one per cloud account."""

from __future__ import annotations

from dataclasses import dataclass

from dreamc.stack.types import Instance, Local, Member, Provider, Stack


@dataclass(frozen=True, slots=True)
class Service:
    """One model server on one host, and the models that it serves. `instance` is where it runs."""

    id: str
    instance: Instance
    models: tuple[Local, ...]


def services(stack: Stack) -> tuple[Service, ...]:
    """Every local server once, in the order of the models; those of one name are told apart by their hosts."""
    places = tuple(dict.fromkeys((one.host, one.service) for local in stack.locals for one in local.instances))
    clouds = tuple(provider.name for provider in stack.providers)
    names = [service for _, service in places]
    return tuple(
        _service(
            stack, host, service, f"{service}@{host}" if names.count(service) > 1 or service in clouds else service
        )
        for host, service in places
    )


def providers_of(stack: Stack, member: Member) -> tuple[str, ...]:
    """Ids of everything that serves a member."""
    if not isinstance(member, Local):
        return (member.provider,)
    return tuple(service.id for service in services(stack) if member in service.models)


def provider(stack: Stack, name: str) -> Provider:
    """The cloud account of that name."""
    return next(provider for provider in stack.providers if provider.name == name)


def _service(stack: Stack, host: str, service: str, name: str) -> Service:
    served = tuple(
        (local, instance)
        for local in stack.locals
        for instance in local.instances
        if (instance.host, instance.service) == (host, service)
    )
    return Service(name, served[0][1], tuple(local for local, _ in served))
