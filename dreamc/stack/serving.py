"""Who may answer where fallbacks are switched off."""

from __future__ import annotations

from dreamc.stack.types import Route, Stack


def served(stack: Stack, route: Route) -> tuple[str, ...]:
    """The members of a route that may answer: the first alone where fallbacks are off and nothing is balanced."""
    alone = not stack.policy.fallbacks_enabled and route.strategy == "priority"
    return route.members[:1] if alone else route.members


def standing(stack: Stack, members: tuple[str, ...]) -> tuple[str, ...]:
    """The members of a tier that may answer."""
    return members if stack.policy.fallbacks_enabled else members[:1]
