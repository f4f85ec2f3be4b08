"""model-mappings.yaml: which model stands where, who stands in for it, and what chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dreamc.backends.catalogue.index import Index
from dreamc.backends.litellm.deployments import backend_model
from dreamc.stack.types import Bound, Local, Member, Route, Stack

Value = dict[str, Any]

STRATEGIES = (
    ("priority", "direct"),
    ("load_balance", "load_balance"),
    ("least_loaded", "least_loaded"),
    ("fastest", "fastest_response"),
    ("cheapest", "cost_based"),
)
ROUTED = "complexity_based"
PRIORITIES = ("primary", "secondary", "tertiary")


def exact_matches(index: Index) -> Value:
    """Every model: who serves it, in which place of its chains it stands, and what comes after it."""
    places = _places(index.chains)
    return {name: _match(index, member, places) for name, member in index.members.items()}


def capabilities(index: Index) -> Value:
    """Skills that clients ask for by name, and the chains for which the policy chooses."""
    return {route.alias: _capability(index, route) for route in index.chains if route.kind != "chain"}


def load_balancing(index: Index) -> Value:
    """Capabilities that share requests out, and models with several servers."""
    found: Value = {}
    for route in (one for one in index.chains if one.kind == "capability" and one.strategy != "priority"):
        shares = [_share(index, member) for member in index.of(route)]
        found[route.alias] = {
            "description": _says(route),
            "strategy": dict(STRATEGIES)[route.strategy],
            "providers": shares,
        }
    for local in (one for one in index.stack.locals if len(one.instances) > 1):
        shares = [{"provider": name, "weight": 1, "preferred_model": local.name} for name in index.homes[local.name]]
        says = f"{len(local.instances)} servers of {local.name}"
        found.setdefault(f"{local.name}@local", {"description": says, "strategy": "load_balance", "providers": shares})
    return found


def fallback_chains(index: Index) -> Value:
    """Every alias whose models are tried in order. Nothing is retried: the next model is the retry."""
    return {
        route.alias: {
            "description": _says(route),
            "chain": list(route.members),
            "tier": _kind(index, route),
            "retry_attempts": 0,
            "retry_delay_ms": 0,
        }
        for route in index.chains
        if route.kind != "capability" or route.strategy == "priority"
    }


def routing_rules(index: Index) -> Value:
    """What decides for a routed chain: the kind of action first, else the complexity of the prompt."""
    policy = index.stack.policy
    members = tuple(member for route in index.chains for member in index.of(route))
    lasts = tuple(member for member in members if member.location == "local") or members
    rules: Value = {}
    if members:
        rules["default_provider"] = index.homes[members[0].name][0]
        rules["default_fallback"] = index.homes[lasts[-1].name][0]
    actions = {action: _rule(index, tier, f"action_type is {action}") for action, tier in policy.actions}
    bounds = {f"complexity:{bound.tier}": _rule(index, bound.tier, _condition(bound)) for bound in policy.bounds}
    return {**rules, "request_metadata_routing": {**actions, **bounds}, "model_size_routing": []}


def special_cases(stack: Stack) -> Value:
    """What happens when a model does not answer."""
    policy = stack.policy
    after = "the next model of the chain" if policy.fallbacks_enabled else "the error is returned"
    cases: Value = {
        "rate_limited_fallback": {"condition": "rate_limit", "action": after},
        "error_based_routing": {
            "triggers": list(policy.triggers),
            "action": after,
            "timeout_seconds": policy.timeout,
            "cooldown_seconds": policy.cooldown,
        },
    }
    return cases


def metadata(index: Index) -> Value:
    """Strategies that are spoken here, and the names of the skills."""
    spoken = [written for _, written in STRATEGIES] + [ROUTED]
    found = [route.alias for route in index.chains if route.kind == "capability"]
    return {"version": "1.7", "supported_routing_strategies": spoken, "capability_categories": found}


def notes(stack: Stack) -> list[str]:
    """What limits all of it, in words."""
    policy, lines = stack.policy, []
    for limit, period in ((policy.budget.daily, "day"), (policy.budget.monthly, "month")):
        if limit is not None:
            lines.append(f"At most {limit:g} USD per calendar {period}; then {_after_the_cut(stack)}.")
    if policy.tiers:
        lines.append(f"Tiers from the cheapest to the dearest: {', '.join(policy.tiers)}.")
    if policy.whitelist is not None:
        lines.append("Clouds, domains, MCP servers and tasks that are allowed: whitelist.json.")
    lines += [f"Mode {one.mode} is not compiled: {one.reason}" for one in stack.skipped]
    return lines


def _after_the_cut(stack: Stack) -> str:
    thinking = ", asked to think step by step" if stack.policy.when_cut == "local_with_cot" else ""
    return f"local models answer{thinking}"


def _match(index: Index, member: Member, places: Mapping[str, tuple[int, str | None]]) -> Value:
    place, after = places.get(member.name, (len(PRIORITIES), None))
    found: Value = {
        "provider": index.homes[member.name][0],
        "priority": PRIORITIES[min(place, len(PRIORITIES) - 1)],
        "fallback": after,
        "description": member.description or None,
        "backend_model": member.source if isinstance(member, Local) else _asked_for(index, member),
    }
    limits = _limits(index, member)
    return {key: value for key, value in {**found, "rate_limit": limits or None}.items() if value is not None}


def _asked_for(index: Index, member: Member) -> str:
    assert not isinstance(member, Local)
    return backend_model(member, index.accounts[member.provider])


def _places(routes: tuple[Route, ...]) -> dict[str, tuple[int, str | None]]:
    """The best place that each model has in a chain, from 0, and the model after it there; the first chain wins."""
    found: dict[str, tuple[int, str | None]] = {}
    for route in routes:
        for place, name in enumerate(route.members):
            if place < found.get(name, (len(route.members), None))[0]:
                found[name] = (place, next(iter(route.members[place + 1 : place + 2]), None))
    return found


def _limits(index: Index, member: Member) -> Value:
    if isinstance(member, Local):
        return {}
    home = index.accounts[member.provider]
    given = {"rpm": home.requests_per_minute, "tpm": home.tokens_per_minute}
    return {key: limit for key, limit in given.items() if limit is not None}


def _capability(index: Index, route: Route) -> Value:
    homes = list(dict.fromkeys(name for member in route.members for name in index.homes[member]))
    found: Value = {"description": _says(route), "preferred_models": list(route.members)}
    found |= {"provider": homes[0]} if len(homes) == 1 else {"providers": homes}
    if len(route.members) > 1 and index.stack.policy.fallbacks_enabled:
        found["fallback"] = route.members[-1]
    if route.kind == "routed":
        bounds = {bound.tier: bound.up_to for bound in index.stack.policy.bounds}
        return {**found, "routing_strategy": ROUTED, **({"complexity_thresholds": bounds} if bounds else {})}
    return {**found, "routing_strategy": dict(STRATEGIES)[route.strategy]}


def _share(index: Index, member: Member) -> Value:
    return {"provider": index.homes[member.name][0], "weight": 1, "preferred_model": member.name}


def _rule(index: Index, tier: str, condition: str) -> Value:
    """The first provider of a tier."""
    own = next((name for name, member in index.members.items() if member.tier == tier), None)
    found: Value = {"provider": index.homes[own][0]} if own else {}
    return {**found, "condition": f"{condition}: tier {tier}"}


def _condition(bound: Bound) -> str:
    says = f"complexity below {bound.up_to:g}" if bound.up_to < 1 else "complexity up to 1"
    if bound.budget_left is None:
        return says
    says += f" with more than {bound.budget_left:g} USD left"
    return f"{says}, else tier {bound.otherwise}" if bound.otherwise else says


def _kind(index: Index, route: Route) -> str:
    """`local` or `universal`; a chain of clouds alone is as dear as the tier that it begins in."""
    members = index.of(route)
    locations = {member.location for member in members}
    if locations != {"cloud"}:
        return "local" if locations == {"local"} else "universal"
    tiers, first = index.stack.policy.tiers, members[0].tier
    if len(tiers) > 1 and first in (tiers[0], tiers[-1]):
        return "cloud_entry" if first == tiers[0] else "cloud_premium"
    return "cloud_standard"


def _says(route: Route) -> str:
    return route.description or f"{route.kind} {route.alias}"
