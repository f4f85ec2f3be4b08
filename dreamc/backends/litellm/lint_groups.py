"""Lints of routing groups, fallbacks and virtual models; codes as in the module `lint`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from dreamc.backends.litellm.groups import RESERVED
from dreamc.backends.litellm.lint_view import Value, View, is_local, label, params, prefix
from dreamc.backends.litellm.settings import RUNTIME

HOPS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
TIERS = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
BOUNDARIES = ("simple_medium", "medium_complex", "complex_reasoning")
CAPPED = ("heuristic_v2", "capability", "llm_v2")


def undefined(view: View) -> Iterator[str]:
    """LiteLLM accepts names of models that do not exist and fails when a request comes to them."""
    for group in view.groups:
        for model in group.get("models") or ():
            if model not in view.names:
                yield f"group {group.get('group_name')}: {model} is no model"
    for key in HOPS:
        for source, targets in view.hops(key):
            for name in (source, *targets):
                if name not in view.callable:
                    yield f"{key} of {source}: {name} is neither a model nor a group"
    for name in view.router.get("default_fallbacks") or ():
        if name not in view.callable:
            yield f"default_fallbacks: {name} is neither a model nor a group"
    for alias, name in (view.router.get("model_group_alias") or {}).items():
        if name not in view.callable:
            yield f"model_group_alias {alias}: {name} is neither a model nor a group"


def twice(view: View) -> Iterator[str]:
    """A member that has failed is only asked again."""
    for group in view.groups:
        models = list(group.get("models") or ())
        for number, model in enumerate(models):
            if model in models[:number]:
                yield f"group {group.get('group_name')}: {model} stands twice"
    for key in HOPS:
        for source, targets in view.hops(key):
            if source in targets or len(set(targets)) != len(targets):
                yield f"{key} of {source}: leads to itself or twice to the same"


def wrong_group(view: View) -> Iterator[str]:
    """LiteLLM refuses to start."""
    names: set[str] = set()
    taken: set[str] = set()
    for group in view.groups:
        name, models, ranks = str(group.get("group_name")), group.get("models") or (), group.get("model_priorities")
        if name == RESERVED or name in names or name in view.names:
            yield f"group {name}: the name is taken"
        names.add(name)
        if group.get("routing_strategy") not in view.strategies:
            yield f"group {name}: {group.get('routing_strategy')!r} is no strategy"
        if group.get("routing_strategy") == "priority":
            if not models or set(ranks or {}) != set(models) or not all(_rank(rank) for rank in (ranks or {}).values()):
                yield f"group {name}: every member needs one priority from 1 up"
            continue
        if ranks:
            yield f"group {name}: priorities without the strategy priority"
        yield from (f"group {name}: {model} is in another group with a strategy" for model in models if model in taken)
        taken.update(models)
    strategy = view.router.get("routing_strategy")
    if strategy is not None and strategy not in view.strategies:
        yield f"router_settings: {strategy!r} is no routing_strategy"


def leads_out(view: View) -> Iterator[str]:
    """In local mode no fallback leads to a cloud."""
    if view.mode != "local":
        return
    clouds = {str(one.get("model_name")) for one in view.deployments if not is_local(one)}
    targets = [name for key in HOPS for _, to in view.hops(key) for name in to]
    for name in (*targets, *(view.router.get("default_fallbacks") or ())):
        if name in clouds:
            yield f"a fallback leads to {name} in local mode"


def some_overflow(view: View) -> Iterator[str]:
    """Where any group has context_window_fallbacks, LiteLLM asks nobody else for a group that has none."""
    covered = {source for source, _ in view.hops("context_window_fallbacks")}
    for group in view.groups:
        name = str(group.get("group_name"))
        if covered and name not in covered and len(set(view.windows(group))) > 1:
            yield f"group {name}: has larger windows and no context_window_fallbacks, others have"


def shrinks(view: View) -> Iterator[str]:
    """Without the check before the call a long prompt reaches a member that cannot hold it; the chain ends there."""
    gate = f"{RUNTIME}.plugin.gate" in (view.settings.get("callbacks") or ())
    if gate or view.router.get("enable_pre_call_checks") is True:
        return
    for group in view.groups:
        windows = view.windows(group)
        if any(later < earlier for earlier, later in pairwise(windows)):
            yield f"group {group.get('group_name')}: windows shrink and nothing checks them before the call"


def wrong_tiers(view: View) -> Iterator[str]:
    """LiteLLM takes boundaries out of order, unknown tiers and missing ones."""
    for one in view.deployments:
        if prefix(one) != "auto_router":
            continue
        setup: Value = params(one).get("complexity_router_config") or {}
        bounds: Value = setup.get("tier_boundaries") or {}
        values = [float(bounds[name]) for name in BOUNDARIES if name in bounds]
        if set(bounds) != set(BOUNDARIES):
            yield f"{label(one)}: tier_boundaries need exactly {', '.join(BOUNDARIES)}"
        elif values != sorted(values):
            yield f"{label(one)}: tier_boundaries do not ascend"
        tiers: Value = setup.get("tiers") or {}
        if set(tiers) != set(TIERS):
            yield f"{label(one)}: tiers need exactly {', '.join(TIERS)}"
        lost = [name for name in tiers.values() if name not in view.callable]
        yield from (f"{label(one)}: a tier leads to {name}, which is nothing" for name in lost)


def over_licence(view: View) -> Iterator[str]:
    """Without a licence LiteLLM refuses to start with a second one of these."""
    for capped in CAPPED:
        users = [one for one in view.deployments if _classifier(one) == capped]
        if len(users) > 1:
            yield f"{', '.join(map(label, users))}: only one router may use {capped}"


def _classifier(deployment: Value) -> object:
    return (params(deployment).get("complexity_router_config") or {}).get("classifier_type")


def _rank(rank: object) -> bool:
    return isinstance(rank, int) and not isinstance(rank, bool) and rank >= 1


LINTS: tuple[tuple[str, Callable[[View], Iterator[str]]], ...] = (
    ("E01", undefined),
    ("E02", twice),
    ("E16", wrong_group),
    ("E10", leads_out),
    ("E11", wrong_tiers),
    ("E12", over_licence),
    ("W01", some_overflow),
    ("W02", shrinks),
)
