"""`routing:`, `budget:`, `whitelist:` and `fallbacks:` to one policy without gaps."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dreamc.document.scalars import Money
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Bound as BoundSpec
from dreamc.spec.routing import Budget, Routing, Whitelist
from dreamc.stack.types import Bound, Limits, Member, Policy

CLOUD_FROM = 0.6
"""Complexity from which clouds serve where the file says nothing: that of profiles/balanced.yaml."""


def policy(dream: Dream, members: Mapping[str, Member]) -> Policy:
    """Everything the runtime needs to decide, with all defaults applied."""
    routing = dream.routing
    return Policy(
        tiers=routing.tiers,
        actions=tuple(routing.actions.items()),
        bounds=_bounds(routing, members),
        prefer=routing.prefer,
        when_cut=routing.when_cut,
        quality=routing.quality.model_dump() if routing.quality else None,
        consensus=routing.consensus.model_dump() if routing.consensus else None,
        cache_ttl=routing.cache.ttl if routing.cache else None,
        budget=limits(dream.budget),
        alert_at=dream.budget.alert_at,
        whitelist=_whitelist(dream.whitelist),
        fallbacks_enabled=dream.fallbacks.enabled,
        triggers=dream.fallbacks.triggers,
        timeout=dream.fallbacks.timeout,
        cooldown=dream.fallbacks.cooldown,
        client_timeout=dream.fallbacks.client_timeout,
    )


def limits(spec: Budget) -> Limits:
    """Limits in US dollars; another currency has been refused by a check."""
    return Limits(usd(spec.daily), usd(spec.monthly))


def usd(money: Money | None) -> float | None:
    """The amount; None where none is given."""
    return None if money is None else float(Decimal(money.amount))


def _whitelist(spec: Whitelist | None) -> Mapping[str, object] | None:
    return None if spec is None else spec.model_dump()


def _bounds(routing: Routing, members: Mapping[str, Member]) -> tuple[Bound, ...]:
    """What the file says, in the order of the tiers; without a word from it, local tiers serve below `cloud_from`."""
    if not routing.complexity:
        return _even(routing, members)
    found = []
    for tier in routing.tiers:
        spec = routing.complexity.get(tier)
        if spec is None:
            continue
        if isinstance(spec, BoundSpec):
            found.append(Bound(tier, 1.0 if spec.up_to is None else spec.up_to, usd(spec.budget_left), spec.else_))
        else:
            found.append(Bound(tier, spec, None, None))
    return tuple(found)


def _even(routing: Routing, members: Mapping[str, Member]) -> tuple[Bound, ...]:
    """Local tiers share [0, cloud_from] evenly, cloud tiers the rest."""
    clouds = {one.tier for one in members.values() if one.location == "cloud"}
    low = [tier for tier in routing.tiers if tier not in clouds]
    high = [tier for tier in routing.tiers if tier in clouds]
    border = (CLOUD_FROM if routing.cloud_from is None else routing.cloud_from) if low and high else 1.0 * bool(low)
    bounds = [Bound(tier, round(border * (n + 1) / len(low), 4), None, None) for n, tier in enumerate(low)]
    bounds += [
        Bound(tier, round(border + (1 - border) * (n + 1) / len(high), 4), None, None) for n, tier in enumerate(high)
    ]
    return tuple(bounds)
