"""`routing:`, `budget:`, `whitelist:` and `fallbacks:` to one policy without gaps."""

from __future__ import annotations

from collections.abc import Mapping

from dreamc.document.scalars import SecretRef
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Bound as BoundSpec
from dreamc.spec.routing import Budget, Routing, Whitelist
from dreamc.stack.clouds import usd
from dreamc.stack.spending import ALERT_WEBHOOK, LEDGER_URL, Limits
from dreamc.stack.types import Bound, Member, Policy, Secret

CLOUD_FROM = 0.6
"""Complexity from which clouds serve where the file says nothing: that of profiles/balanced.yaml."""


def policy(dream: Dream, members: Mapping[str, Member], redis: bool = False) -> Policy:
    """Everything the runtime needs to decide, with all defaults applied."""
    routing = dream.routing
    return Policy(
        tiers=routing.tiers,
        actions=tuple(routing.actions.items()),
        bounds=_bounds(routing, members),
        scorer=routing.scorer,
        prefer=routing.prefer,
        when_cut=routing.when_cut,
        quality=routing.quality.model_dump() if routing.quality else None,
        consensus=routing.consensus.model_dump() if routing.consensus else None,
        cache_ttl=routing.cache.ttl if routing.cache else None,
        cache_backend=_cache_backend(routing, redis),
        budget=limits(dream.budget),
        alert_at=dream.budget.alert_at,
        alert_webhook=_secret(dream.budget.alert_webhook, ALERT_WEBHOOK, "where alerts of the budget are posted to"),
        ledger=dream.budget.ledger,
        ledger_url=_secret(dream.budget.ledger_url, LEDGER_URL, "the server that keeps the ledger of the budget"),
        whitelist=_whitelist(dream.whitelist),
        fallbacks_enabled=dream.fallbacks.enabled,
        triggers=dream.fallbacks.triggers,
        timeout=dream.fallbacks.timeout,
        cooldown=dream.fallbacks.cooldown,
        client_timeout=dream.fallbacks.client_timeout,
        cot_prompt=routing.cot_prompt if routing.when_cut == "local_with_cot" else None,
    )


def _cache_backend(routing: Routing, redis: bool) -> str | None:
    if routing.cache is None:
        return None
    return routing.cache.backend or ("redis" if redis else "memory")


def limits(spec: Budget) -> Limits:
    """Limits in US dollars; another currency has been refused by a check."""
    return Limits(usd(spec.daily), usd(spec.monthly))


def _secret(reference: SecretRef | None, variable: str, what: str) -> Secret | None:
    return None if reference is None else Secret(variable, str(reference), what)


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
