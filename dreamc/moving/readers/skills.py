"""`capabilities:` and `load_balancing:` of model-mappings.yaml."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import words
from dreamc.moving.draft import Chain, Draft
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import mapping, number, series, text

STRATEGIES = {
    "direct": "priority", "priority": "priority", "load_balance": "load_balance", "weighted": "load_balance",
    "round_robin": "load_balance", "weighted_round_robin": "load_balance", "usage_based": "least_loaded",
    "least_loaded": "least_loaded", "least_latency": "fastest", "fastest_response": "fastest", "cost_based": "cheapest",
}  # fmt: skip
RENAMED = ("usage_based", "weighted", "weighted_round_robin")
BY_PROMPT = "complexity_based", "context_based"


def skills(notes: Notes, draft: Draft, value: dict[str, Any]) -> None:
    """Skills first; what is balanced under the name of a skill is that skill."""
    known = mapping(value.get("capabilities"))
    for name, entry in known.items():
        _skill(notes, draft, name, mapping(entry))
    for name, entry in mapping(value.get("load_balancing")).items():
        _balanced(notes, draft, name, mapping(entry), known)
    if value.get("load_balancing") == {}:
        notes.take(("load_balancing",), "", "none")


def _skill(notes: Notes, draft: Draft, name: str, entry: dict[str, Any]) -> None:
    at: Path = ("capabilities", name)
    members = [
        (text(one), (*at, "preferred_models", index)) for index, one in enumerate(series(entry.get("preferred_models")))
    ]
    homes = [(text(one), (*at, "provider")) for one in series(entry.get("provider"))]
    homes += [(text(one), (*at, "providers", index)) for index, one in enumerate(series(entry.get("providers")))]
    for _, here in (*members, *homes):
        notes.take(here, ("capabilities", name, "models"))
    if not members:
        members = homes
    after = text(entry.get("fallback"))
    if after:
        notes.take((*at, "fallback"), ("capabilities", name, "models"))
        members.append((after, (*at, "fallback")))
    strategy = _strategy(notes, (*at, "routing_strategy"), text(entry.get("routing_strategy")))
    says = text(entry.get("description"))
    if says:
        notes.take((*at, "description"), ("capabilities", name, "description"))
    draft.chains.append(Chain(words.name(name), notes, at, tuple(members), "capability", strategy, says))
    for key in ("complexity_thresholds", "context_thresholds", "min_model_size", "min_context", "notes"):
        if key in entry:
            notes.leave((*at, key), _why(key))


def _strategy(notes: Notes, at: Path, given: str) -> str:
    if not given:
        return "priority"
    found = STRATEGIES.get(given, "priority")
    target = "capabilities.*.strategy"
    if given in STRATEGIES and given not in RENAMED:
        notes.take(at, target)
    elif given in BY_PROMPT:
        notes.correct(
            at, target, "a skill is asked in order; what looks at prompts is a routed chain: chains: NAME: routed"
        )
    else:
        notes.correct(at, target, f"{found} comes nearest")
    return found


def _why(key: str) -> str:
    if key == "complexity_thresholds":
        return "scores choose tiers, not members of a skill: routing: complexity:"
    if key in ("context_thresholds", "min_context"):
        return "a prompt that is too long goes to the members that hold it, by itself"
    return "for people; write it as a comment" if key == "notes" else "list the models that are large enough"


def _balanced(notes: Notes, draft: Draft, name: str, entry: dict[str, Any], known: dict[str, Any]) -> None:
    at: Path = ("load_balancing", name)
    shares = [((*at, "providers", index), one) for index, one in enumerate(series(entry.get("providers")))]
    members = tuple(_share(notes, here, one, name) for here, one in shares)
    weights = {number(mapping(one).get("weight")) or 1.0 for _, one in shares}
    for here, _ in shares:
        if len(weights) > 1:
            notes.correct((*here, "weight"), ("capabilities", name), "all members get an even share")
    for key in ("description", "parameters", "strategy"):
        if key in entry:
            notes.leave((*at, key), "the skill of that name says it" if name in known else _balance_why(key))
    if name in known:
        notes.take((*at, "providers"), ("capabilities", name), "the skill of that name says who shares requests out")
        return
    strategy = _strategy(notes, (*at, "strategy"), text(entry.get("strategy")) or "load_balance")
    if strategy == "priority":
        strategy = "load_balance"
    draft.chains.append(Chain(words.name(name), notes, at, members, "capability", strategy))


def _share(notes: Notes, here: Path, one: object, name: str) -> tuple[str, Path]:
    """The model that a share prefers, else the provider; with its key."""
    notes.take(here, ("capabilities", name, "models"))
    if not isinstance(one, dict):
        return text(one), here
    if "condition" in one:
        notes.leave((*here, "condition"), "nothing looks at conditions; a routed chain chooses by complexity")
    key = "preferred_model" if one.get("preferred_model") else "provider"
    return text(one.get(key)), (*here, key)


def _balance_why(key: str) -> str:
    return "nothing acts on such parameters" if key == "parameters" else "for people; write it as a comment"
