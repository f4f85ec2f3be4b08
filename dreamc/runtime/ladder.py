"""Who may be asked when an answer is not good enough: the next tier, then the one after it. Pure."""

from __future__ import annotations

from .policy import cut, too_little_left
from .types import Policy
from .whitelist import Ask


def reserve(policy: Policy, mode: str, ask: Ask) -> tuple[str, ...]:
    """Members of the alias that may serve this request, from the cheapest tier to the dearest.

    Whitelist, budget, conditions on the budget left and the caller's own wishes hold for each of them.
    """
    alias = policy.modes[mode].aliases[ask.alias]
    bounds = {bound.tier: bound for bound in policy.complexity}
    kept, _ = cut(policy, alias.members, ask)
    able = [name for name in kept if not too_little_left(bounds.get(policy.members[name].tier or ""), ask)]
    return tuple(sorted(able, key=lambda name: rank(policy, name) if alias.routed else 0))


def rank(policy: Policy, member: str) -> int:
    """The place of a member's tier, -1 without one."""
    tier = policy.members[member].tier
    return policy.tiers.index(tier) if tier is not None else -1


def next_rung(policy: Policy, members: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """The members of the next tier above all that were asked; without tiers, the next member alone."""
    highest = max((rank(policy, name) for name in asked), default=-1)
    left = tuple(name for name in members if name not in asked and _above(rank(policy, name), highest))
    if not left:
        return ()
    first = left[0] if rank(policy, left[0]) < 0 else min(left, key=lambda name: rank(policy, name))
    place = rank(policy, first)
    return (first,) if place < 0 else tuple(name for name in left if rank(policy, name) == place)


def peers(policy: Policy, members: tuple[str, ...], member: str) -> tuple[str, ...]:
    """Others that may give a second opinion: of the same or a cheaper tier, and never paid for a free answer."""
    place, local = rank(policy, member), policy.members[member].location == "local"
    others = (name for name in members if name != member and rank(policy, name) <= place)
    able = (name for name in others if policy.members[name].location == "local" or not local)
    return tuple(sorted(able, key=lambda name: (policy.members[name].location != "local", -rank(policy, name))))


def _above(place: int, highest: int) -> bool:
    return place > highest or place < 0
