"""Which deployments may answer an alias: what the gate of an apply compares the answering one with."""

from __future__ import annotations

from dreamc.backends.litellm.deployments import cloud_id, instance_id
from dreamc.backends.litellm.groups import groups
from dreamc.stack.types import Local, Member, ModeRoutes, Stack


def deployment_ids(stack: Stack, routes: ModeRoutes) -> dict[str, tuple[str, ...]]:
    """LiteLLM's ids of the deployments behind every alias of a mode, in the order in which they are tried."""
    named = {group.name: group for group in groups(stack, routes)}
    found = {}
    for route in routes.routes:
        group = named[route.alias]
        pairs = zip(group.members, group.models, strict=True)
        found[route.alias] = tuple(
            f"{one}/{group.name}" if model.endswith(f"/{group.name}") else one
            for member, model in pairs
            for one in _ids(member)
        )
    return found


def _ids(member: Member) -> tuple[str, ...]:
    if isinstance(member, Local):
        return tuple(instance_id(member, instance) for instance in member.instances)
    return (cloud_id(member),)
