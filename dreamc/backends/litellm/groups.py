"""Routing groups: one per alias and one per tier, each with its members in the order in which they are tried."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Literal

from msgspec import Struct

from dreamc.backends.litellm.deployments import COSTS, copied, internal
from dreamc.stack.serving import served, standing
from dreamc.stack.types import Member, ModeRoutes, Stack

Order = Literal["priority", "equal", "least-busy", "latency-based-routing", "cost-based-routing"]
Value = dict[str, Any]

RESERVED = "default"
"""LiteLLM keeps this name of a group for itself (LiteLLM 1.106.2 router_utils/routing_groups.py:52)."""

STRATEGIES: tuple[tuple[str, Order], ...] = (
    ("priority", "priority"),
    ("load_balance", "equal"),
    ("least_loaded", "least-busy"),
    ("fastest", "latency-based-routing"),
    ("cheapest", "cost-based-routing"),
)


class Group(Struct, frozen=True):
    """A group before it is written: `name` as clients or the policy call it."""

    name: str
    order: Order
    members: tuple[Member, ...]
    models: tuple[str, ...]

    @property
    def ordered(self) -> bool:
        """Whether LiteLLM's priority groups express it; they may share members."""
        return self.order in ("priority", "equal")

    @property
    def called(self) -> str:
        """The group's name in LiteLLM."""
        return f"alias:{self.name}" if self.name == RESERVED else self.name


def groups(stack: Stack, routes: ModeRoutes) -> tuple[Group, ...]:
    """Aliases in the order of the stack, then tiers."""
    wanted = [(route.alias, _order(route.strategy), served(stack, route)) for route in routes.routes]
    wanted += [
        (f"tier:{tier.name}", "priority", standing(stack, tier.members)) for tier in routes.tiers if tier.members
    ]
    return _told_apart(stack, tuple(wanted))


def copies(made: tuple[Group, ...], deployments: tuple[Value, ...]) -> tuple[Value, ...]:
    """Deployments for the members that a group has for itself."""
    named: dict[str, list[Value]] = defaultdict(list)
    for deployment in deployments:
        named[deployment["model_name"]].append(deployment)
    return tuple(
        copied(deployment, model, group.name)
        for group in made
        for member, model in zip(group.members, group.models, strict=True)
        if model != internal(member)
        for deployment in named[internal(member)]
    )


NEXT_TO_NOTHING = 1e-12
"""US dollars per token of a model of one's own where costs are compared: LiteLLM takes 0 for "no price" and assumes 5
(LiteLLM 1.106.2 router_strategy/lowest_cost.py:277)."""


def compared(made: tuple[Group, ...], deployments: tuple[Value, ...]) -> tuple[Value, ...]:
    """The deployments, with their prices among the parameters of those whose group asks the cheapest first: LiteLLM
    compares no others (LiteLLM 1.106.2 router_strategy/lowest_cost.py:277)."""
    models = {model for group in made if group.order == "cost-based-routing" for model in group.models}
    return tuple(_compared(one) if one["model_name"] in models else one for one in deployments)


def _compared(deployment: Value) -> Value:
    rates = {key: rate or NEXT_TO_NOTHING for key, rate in deployment["model_info"].items() if key in COSTS}
    return {**deployment, "litellm_params": {**deployment["litellm_params"], **rates}}


def written(group: Group) -> Value:
    """One entry of `router_settings.routing_groups`."""
    entry: Value = {"group_name": group.called, "models": list(group.models)}
    if not group.ordered:
        return {**entry, "routing_strategy": group.order}
    ranks = {model: 1 if group.order == "equal" else rank for rank, model in enumerate(group.models, start=1)}
    return {**entry, "routing_strategy": "priority", "model_priorities": ranks}


def aliases(made: tuple[Group, ...]) -> dict[str, str]:
    """`router_settings.model_group_alias`: groups that LiteLLM calls otherwise."""
    return {group.name: group.called for group in made if group.called != group.name}


def overflows(made: tuple[Group, ...]) -> list[Value]:
    """`context_window_fallbacks` of every group that has members with different windows; where the others then refuse a
    prompt, it goes to those that hold more than the smallest, in order."""
    found = [(group, _larger(group)) for group in made]
    return [{group.called: list(larger)} for group, larger in found if larger]


def fallbacks(made: tuple[Group, ...]) -> list[Value]:
    """Only for groups that LiteLLM does not walk by itself; a priority group goes on to its next member alone."""
    return [{group.called: list(group.models)} for group in made if not group.ordered and len(group.models) > 1]


def shares_a_rank(made: tuple[Group, ...], deployments: tuple[Value, ...]) -> bool:
    """Whether some group has several servers of one rank and nothing below: LiteLLM must be told to try the others."""
    names = Counter(deployment["model_name"] for deployment in deployments)
    servers = {group.name: sum(names[model] for model in group.models) for group in made if group.ordered}
    return any(
        servers[group.name] > 1 and (group.order == "equal" or len(group.models) == 1)
        for group in made
        if group.ordered
    )


def _told_apart(stack: Stack, wanted: tuple[tuple[str, Order, tuple[str, ...]], ...]) -> tuple[Group, ...]:
    """A model may be in one group at most that is not a priority group; later groups get deployments of their own
    (LiteLLM 1.106.2 router_utils/routing_groups.py:64)."""
    everyone = stack.members()
    taken: set[str] = set()
    made = []
    for name, order, names in wanted:
        members = tuple(everyone[member] for member in names)
        group = Group(name, order, members, tuple(map(internal, members)))
        if not group.ordered:
            models = tuple(f"{model}/{name}" if model in taken else model for model in group.models)
            taken.update(models)
            group = Group(name, order, members, models)
        made.append(group)
    return tuple(made)


def _larger(group: Group) -> tuple[str, ...]:
    windows = tuple(member.context for member in group.members)
    least = min((window for window in windows if window > 0), default=0)
    return tuple(model for model, window in zip(group.models, windows, strict=True) if window > least > 0)


def _order(strategy: str) -> Order:
    return dict(STRATEGIES).get(strategy, "priority")
