"""Which deployments may answer an alias: what the gate of an apply compares the answering one with."""

from __future__ import annotations

from dreamc.backends.litellm.deployments import cloud_id, instance_id, internal
from dreamc.backends.litellm.groups import Group, groups
from dreamc.stack.types import Local, Member, ModeRoutes, Route, Stack


def deployment_ids(stack: Stack, routes: ModeRoutes) -> dict[str, tuple[str, ...]]:
    """LiteLLM's ids of the deployments behind every alias of a mode, in the order in which they are tried.

    Behind an alias that the policy routes stand the members of every tier.
    """
    made = groups(stack, routes)
    return {
        route.alias: tuple(dict.fromkeys(one for group in _asked(made, route) for ids in _ids(group) for one in ids))
        for route in routes.routes
    }


def stand_in_ids(stack: Stack, routes: ModeRoutes) -> dict[str, tuple[str, ...]]:
    """Those of `deployment_ids` that answer only when an earlier member did not; none where members share the work or
    the policy chooses among them."""
    made = groups(stack, routes)
    found = {}
    for route in routes.routes:
        own = _own(made, route)
        chosen = route.kind == "routed" or own.order != "priority"
        found[route.alias] = () if chosen else tuple(one for ids in _ids(own)[1:] for one in ids)
    return found


def _own(made: tuple[Group, ...], route: Route) -> Group:
    return next(group for group in made if group.name == route.alias)


def _asked(made: tuple[Group, ...], route: Route) -> tuple[Group, ...]:
    tiers = tuple(group for group in made if group.name.startswith("tier:")) if route.kind == "routed" else ()
    return (_own(made, route), *tiers)


def _ids(group: Group) -> tuple[tuple[str, ...], ...]:
    """Per member, in the group's order. A member that the group has for itself has ids of its own."""
    pairs = zip(group.members, group.models, strict=True)
    return tuple(
        tuple(one if model == internal(member) else f"{one}/{group.name}" for one in _servers(member))
        for member, model in pairs
    )


def _servers(member: Member) -> tuple[str, ...]:
    if isinstance(member, Local):
        return tuple(instance_id(member, instance) for instance in member.instances)
    return (cloud_id(member),)
