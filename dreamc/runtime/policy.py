"""The decision for one request: which tier, which members in which order, and why. Pure; the same in check and gateway.

Who may go to the cloud: a whitelist that is given denies every cloud domain not in it. Its `tasks` narrow that: once
it lists kinds of task, an action that is not set to true stays local (`whitelist.task_objection`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .complexity import Score, known, score
from .types import Bound, Location, Mode, Policy
from .whitelist import Ask, Bar, bar

__all__ = ["Ask", "Bar", "Decision", "Refusal", "cut", "decide", "status_of", "too_little_left", "unscored"]

_BY = {"litellm": "LiteLLM's score"}


@dataclass(frozen=True, slots=True)
class Decision:
    """Call the LiteLLM group `group`; only `members` may answer, in this order. `tier` is None for a plain chain.

    `stands_in`: a local model answers because budget, whitelist or the request's own limit forbid the cloud one.
    """

    alias: str
    tier: str | None
    group: str
    members: tuple[str, ...]
    location: Location
    model: str
    reasons: tuple[str, ...]
    score: Score | None = None
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nobody may answer; `status` is the HTTP status to refuse with."""

    status: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """`head` is who would serve if nothing stood in the way."""

    tier: str
    reasons: tuple[str, ...]
    score: Score | None = None
    head: str | None = None


def decide(policy: Policy, mode: str, ask: Ask) -> Decision | Refusal:
    """Decides for one request. The action comes first, else the score; then budget conditions, then who may serve."""
    served = policy.modes[mode]
    alias = served.aliases.get(ask.alias)
    if alias is None:
        return Refusal(404, (f"no model {ask.alias!r}; known: {', '.join(policy.aliases)}",))
    if ask.force_local and ask.force_cloud:
        return Refusal(400, ("local only and cloud only exclude each other",))
    if alias.routed:
        return _routed(policy, served, ask)
    kept, bars = cut(policy, alias.members, ask)
    chain = _Choice("", (f"chain {ask.alias}",), head=alias.members[0])
    return _decision(policy, ask, chain, None, kept, bars)


def unscored(policy: Policy, mode: str, ask: Ask) -> bool:
    """Whether a score decides that only LiteLLM gives, inside the gateway, and that is not known here.

    `decide` then takes the score of `complexity`, which stands on another scale: for a gateway whose scorer failed.
    """
    alias = policy.modes[mode].aliases.get(ask.alias)
    if policy.scorer != "litellm" or ask.score is not None or alias is None or not alias.routed:
        return False
    return ask.action is None or ask.action not in policy.actions


def cut(policy: Policy, members: tuple[str, ...], ask: Ask) -> tuple[tuple[str, ...], tuple[Bar, ...]]:
    """The members that may serve `ask`, in order, and what bars the others."""
    found = tuple((name, bar(policy, policy.members[name], ask)) for name in members)
    return tuple(name for name, why in found if why is None), tuple(why for _, why in found if why is not None)


def _routed(policy: Policy, served: Mode, ask: Ask) -> Decision | Refusal:
    wanted = _wanted(policy, ask)
    own = (name for name in served.tiers.get(wanted.tier, ()) if policy.members[name].tier == wanted.tier)
    choice = _within_budget(policy, ask, replace(wanted, head=next(own, None)))
    for tier in _nearest(policy.tiers, choice.tier):
        kept, bars = cut(policy, served.tiers.get(tier, ()), ask)
        if any(policy.members[name].tier == tier for name in kept):
            return _decision(policy, ask, _moved(choice, tier, policy, served, ask), tier, kept, bars)
    everyone = served.aliases[ask.alias].members
    kept, bars = cut(policy, everyone, ask)
    return _decision(policy, ask, choice, None, kept, bars)


def _wanted(policy: Policy, ask: Ask) -> _Choice:
    """The tier before anything stands in its way: by kind of action, else by score."""
    if ask.action is not None and ask.action in policy.actions:
        return _Choice(policy.actions[ask.action], (f"action {ask.action}",))
    found = _scored(policy, ask)
    if not policy.complexity:
        return _Choice(policy.tiers[0], ("no bounds: first tier",), found)
    below = (bound for bound in policy.complexity if found.value < bound.up_to)
    return _Choice(next(below, policy.complexity[-1]).tier, (f"score {found}",), found)


def _scored(policy: Policy, ask: Ask) -> Score:
    if ask.score is None:
        return score(ask.prompt, ask.context, ask.tokens)
    return known(ask.score, _BY.get(policy.scorer, "as it was scored"))


def _within_budget(policy: Policy, ask: Ask, choice: _Choice) -> _Choice:
    """Steps aside from every tier that wants more budget left than there is."""
    bounds = {bound.tier: bound for bound in policy.complexity}
    passed: list[str] = []
    tier = choice.tier
    while tier not in passed and too_little_left(bounds.get(tier), ask):
        passed.append(tier)
        tier = bounds[tier].otherwise or policy.tiers[max(policy.tiers.index(tier) - 1, 0)]
    steps = tuple(f"{name} wants more than {bounds[name].budget_left_usd:g} USD left" for name in passed)
    return replace(choice, tier=tier, reasons=choice.reasons + steps)


def too_little_left(bound: Bound | None, ask: Ask) -> bool:
    """Whether a tier's condition on the budget left keeps it from serving."""
    if bound is None or bound.budget_left_usd is None or ask.budget_left_usd is None:
        return False
    return ask.budget_left_usd <= bound.budget_left_usd


def _nearest(tiers: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    """The wanted tier, then those below it, nearest first, then those above it."""
    at = tiers.index(wanted)
    return tiers[at::-1] + tiers[at + 1 :]


def _moved(choice: _Choice, tier: str, policy: Policy, served: Mode, ask: Ask) -> _Choice:
    """The choice, with the reason why its tier gave way to `tier`."""
    if tier == choice.tier:
        return choice
    own = tuple(name for name in served.tiers.get(choice.tier, ()) if policy.members[name].tier == choice.tier)
    _, bars = cut(policy, own, ask)
    why = bars[0].reason if bars else "nothing of it runs in this mode"
    return replace(choice, tier=tier, reasons=(*choice.reasons, f"not {choice.tier}: {why}"))


def _decision(
    policy: Policy, ask: Ask, choice: _Choice, tier: str | None, kept: tuple[str, ...], bars: tuple[Bar, ...]
) -> Decision | Refusal:
    if not kept:
        return Refusal(status_of(bars), tuple(dict.fromkeys(why.reason for why in bars)))
    local = policy.members[kept[0]].location == "local"
    wanted_cloud = choice.head is not None and policy.members[choice.head].location == "cloud"
    return Decision(
        alias=ask.alias,
        tier=tier,
        group=f"tier:{tier}" if tier else ask.alias,
        members=kept,
        location=policy.members[kept[0]].location,
        model=kept[0],
        reasons=choice.reasons,
        score=choice.score,
        stands_in=local and wanted_cloud and not ask.force_local,
    )


def status_of(bars: tuple[Bar, ...]) -> int:
    """What passes with time (429) is said before what does not (403), and that before what the caller can mend."""
    statuses = {why.status for why in bars}
    return next((status for status in (429, 403) if status in statuses), 400)
