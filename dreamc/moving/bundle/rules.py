"""`fallbacks:` to `usage:`, what decides who answers and what it may cost, out of policy.json and the mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dreamc.moving import words
from dreamc.moving.bundle.opened import CONFIGS, MAPPINGS, POLICY, Opened
from dreamc.moving.types import Claim, Origin
from dreamc.spec.operation import Rotation
from dreamc.spec.operation import Usage as UsageSpec
from dreamc.spec.routing import COT_PROMPT, Fallbacks

STRATEGIES = {
    "direct": "priority", "load_balance": "load_balance", "least_loaded": "least_loaded",
    "fastest_response": "fastest", "cost_based": "cheapest",
}  # fmt: skip
ROUTED = "complexity_based"


def rules(found: Opened) -> Iterator[Claim]:
    """Everything that decides who answers and what may be spent."""
    yield from _fallbacks(found)
    yield from _names(found)
    policy, origin = found.policy, found.gateway.at(POLICY)
    values: dict[tuple[str, ...], object] = {
        **_routing(found, policy),
        **_budget(found, policy),
        **_whitelist(policy),
        **_usage(policy),
    }
    for path, value in values.items():
        if value not in (None, [], {}):
            yield Claim(path, value, _deeper(found, origin, path))


def _deeper(found: Opened, origin: Origin | None, path: tuple[str, ...]) -> Origin | None:
    """The key of policy.json of the same name, where it has one."""
    key = path[1] if path[0] == "routing" and len(path) > 1 else path[0]
    return found.gateway.at(POLICY, key) if key in found.policy else origin


def _fallbacks(found: Opened) -> Iterator[Claim]:
    case = found.gateway.value(MAPPINGS).get("special_cases", {}).get("error_based_routing", {})
    origin = found.gateway.at(MAPPINGS, "special_cases", "error_based_routing")
    usual = Fallbacks()
    timeout, cooldown = found.policy.get("timeout_s"), case.get("cooldown_seconds")
    triggers = found.policy.get("triggers", [])
    values = {
        "enabled": False if "returned" in case.get("action", "") else None,
        "timeout": None if timeout in (None, usual.timeout) else words.seconds(timeout),
        "cooldown": None if cooldown in (None, usual.cooldown) else words.seconds(cooldown),
        "triggers": None if tuple(triggers) == usual.triggers else triggers,
    }
    yield from (Claim(("fallbacks", key), value, origin) for key, value in values.items() if value is not None)


def _names(found: Opened) -> Iterator[Claim]:
    """Every alias, in order; chains and capabilities keep it within their own sections."""
    mappings = found.gateway.value(MAPPINGS)
    for alias in found.policy.get("aliases", []):
        skill = mappings.get("capabilities", {}).get(alias)
        chain = mappings.get("fallback_chains", {}).get(alias)
        if skill is not None and skill["routing_strategy"] == ROUTED:
            yield Claim(("fallbacks", "chains", alias), "routed", found.gateway.at(MAPPINGS, "capabilities", alias))
        elif skill is not None:
            yield from _capability(alias, skill, found.gateway.at(MAPPINGS, "capabilities", alias))
        elif chain is not None:
            yield from _chain(alias, chain, found.gateway.at(MAPPINGS, "fallback_chains", alias))


def _capability(alias: str, skill: Any, origin: Origin | None) -> Iterator[Claim]:
    at = ("capabilities", alias)
    yield Claim((*at, "models"), skill["preferred_models"], origin)
    strategy = STRATEGIES.get(skill["routing_strategy"], "priority")
    if strategy != "priority":
        yield Claim((*at, "strategy"), strategy, origin)
    if skill["description"] != f"capability {alias}":
        yield Claim((*at, "description"), skill["description"], origin)


def _chain(alias: str, chain: Any, origin: Origin | None) -> Iterator[Claim]:
    at = ("fallbacks", "chains", alias)
    if chain["description"] == f"chain {alias}":
        yield Claim(at, chain["chain"], origin)
    else:
        yield Claim((*at, "members"), chain["chain"], origin)
        yield Claim((*at, "description"), chain["description"], origin)


def _routing(found: Opened, policy: Any) -> dict[tuple[str, ...], object]:
    quality, consensus, cache = policy.get("quality"), policy.get("consensus"), policy.get("cache")
    prompt = policy.get("cot_prompt")
    bounds = {one["tier"]: _bound(one) for one in policy.get("complexity", [])}
    routing: dict[str, object] = {
        "tiers": policy.get("tiers"),
        "actions": policy.get("actions"),
        "complexity": bounds,
        "quality": quality,
        "consensus": {**consensus, "threshold": words.share(consensus["threshold"])} if consensus else None,
        "cache": _cache(found, cache) if cache else None,
        "prefer": "cloud" if _upwards(policy) else None,
        "when_cut": "local_with_cot" if prompt else None,
        "cot_prompt": None if prompt in (None, COT_PROMPT) else prompt,
    }
    return {("routing", key): value for key, value in routing.items()}


def _bound(one: Mapping[str, Any]) -> object:
    if "budget_left_usd" not in one:
        return one["up_to"]
    last = {} if one["up_to"] == 1 else {"up_to": one["up_to"]}
    otherwise = {"else": one["else"]} if "else" in one else {}
    return {**last, "budget_left": words.money(one["budget_left_usd"]), **otherwise}


def _cache(found: Opened, cache: Any) -> dict[str, object]:
    """The store is said where it is not what the compiler would choose."""
    kinds = {
        found.gateway.value(f"config/litellm/{name}-config.yaml").get("litellm_settings", {})
        .get("cache_params", {}).get("type")
        for name in CONFIGS.values()
    }  # fmt: skip
    beside = "redis" in found.gateway.services()
    backend = {} if ("redis" in kinds) == beside else {"backend": "redis" if "redis" in kinds else "memory"}
    return {"ttl": words.seconds(cache["ttl_s"]), **backend}


def _upwards(policy: Any) -> bool:
    """Whether dearer tiers stand in before cheaper ones: seen in a middle tier of the fullest mode."""
    tiers, members = policy.get("tiers", []), policy.get("members", {})
    for mode in CONFIGS:
        standing = policy.get("modes", {}).get(mode, {}).get("tiers", {})
        for at in range(1, len(tiers) - 1):
            ranks = [tiers.index(members[one]["tier"]) for one in standing.get(tiers[at], []) if "tier" in members[one]]
            others = [rank for rank in ranks if rank != at]
            if others and min(others) < at < max(others):
                return bool(others[0] > at)
        for tier, listed in standing.items():
            own = [members[one]["location"] for one in listed if members[one].get("tier") == tier]
            if len(set(own)) > 1:
                return bool(own[0] == "cloud")
    return False


def _budget(found: Opened, policy: Any) -> dict[tuple[str, ...], object]:
    given, secrets = policy.get("budget", {}), found.secrets()
    ledger = {
        one.get("environment", {}).get("DREAM_LEDGER", "")
        for name, one in found.gateway.services().items()
        if name == "litellm"
    }
    url = secrets.get("DREAM_LEDGER_URL")
    kind = "postgres" if url else "redis" if any(one.startswith("redis://") for one in ledger) else None
    alert = given.get("alert_at", 1)
    values: dict[str, object] = {
        "daily": None if given.get("daily_usd") is None else words.money(given["daily_usd"]),
        "monthly": None if given.get("monthly_usd") is None else words.money(given["monthly_usd"]),
        "alert_at": None if alert == 1 else words.share(alert),
        "alert_webhook": secrets.get("DREAM_ALERT_WEBHOOK"),
        "ledger": kind,
        "ledger_url": url,
    }
    return {("budget", key): value for key, value in values.items()}


def _whitelist(policy: Any) -> dict[tuple[str, ...], object]:
    given = policy.get("whitelist")
    if given is None:
        return {}
    named = {"cloud_apis": "cloud_domains", "domains": "domains", "mcp_servers": "mcp_servers"}
    values: dict[tuple[str, ...], object] = {("whitelist", key): given[theirs] for key, theirs in named.items()}
    values["whitelist", "allowed_for_cloud"] = given["tasks"]
    return values if any(values.values()) else {("whitelist", "cloud_apis"): ()}


def _usage(policy: Any) -> dict[tuple[str, ...], object]:
    given, usual, turn = policy.get("usage", {}), UsageSpec(), Rotation()
    size, age = given.get("rotate_bytes", turn.size), given.get("rotate_s", turn.age)
    return {
        ("usage", "log"): policy.get("usage_log"),
        ("usage", "rotate", "size"): None if size == turn.size else words.size(size),
        ("usage", "rotate", "age"): None if age == turn.age else words.seconds(age),
        ("usage", "keep"): None if given.get("keep", usual.keep) == usual.keep else given["keep"],
        ("usage", "prompts"): given.get("prompts") or None,
    }
