"""What the catalogue looks up for every entry, made once for a Stack so that the work grows with the entries only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from dreamc.backends.catalogue.names import Service, services
from dreamc.stack.serving import served
from dreamc.stack.types import Cloud, Host, Member, Provider, Route, Stack
from dreamc.workloads.reach import addresses


class Index(Struct, frozen=True):
    """`homes` are the ids of everything that serves a member, `clouds` the models of each account, `chains` every alias
    once with the members of all modes. `addresses` are those of the hosts."""

    stack: Stack
    members: Mapping[str, Member]
    hosts: Mapping[str, Host]
    addresses: Mapping[str, str]
    accounts: Mapping[str, Provider]
    clouds: Mapping[str, tuple[Cloud, ...]]
    services: tuple[Service, ...]
    homes: Mapping[str, tuple[str, ...]]
    chains: tuple[Route, ...]

    def of(self, route: Route) -> tuple[Member, ...]:
        """The members of a route."""
        return tuple(self.members[name] for name in route.members)


def index(stack: Stack) -> Index:
    """One pass over everything that the stack has."""
    servers = services(stack)
    return Index(
        stack=stack,
        members=stack.members(),
        hosts={host.name: host for host in stack.hosts},
        addresses=addresses(stack),
        accounts={provider.name: provider for provider in stack.providers},
        clouds=_clouds(stack),
        services=servers,
        homes=_homes(stack, servers),
        chains=_chains(stack),
    )


def _clouds(stack: Stack) -> dict[str, tuple[Cloud, ...]]:
    found: dict[str, list[Cloud]] = {provider.name: [] for provider in stack.providers}
    for cloud in stack.clouds:
        found[cloud.provider].append(cloud)
    return {name: tuple(clouds) for name, clouds in found.items()}


def _homes(stack: Stack, servers: tuple[Service, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for cloud in stack.clouds:
        found[cloud.name].append(cloud.provider)
    for server in servers:
        for name in dict.fromkeys(local.name for local in server.models):
            found[name].append(server.id)
    return {name: tuple(ids) for name, ids in found.items()}


def _chains(stack: Stack) -> tuple[Route, ...]:
    """Of the mode with the most members first."""
    ordered = sorted(stack.modes, key=lambda routes: -sum(len(route.members) for route in routes.routes))
    versions: dict[str, list[Route]] = {alias: [] for alias in stack.aliases}
    for route in (route for routes in ordered for route in routes.routes):
        versions[route.alias].append(route)
    return tuple(_merged(stack, several) for several in versions.values())


def _merged(stack: Stack, versions: list[Route]) -> Route:
    first = versions[0]
    members = dict.fromkeys(member for route in versions for member in served(stack, route))
    return Route(first.alias, first.kind, first.strategy, tuple(members), first.description, first.at)
