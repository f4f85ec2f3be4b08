"""The table action -> tier that outcomes speak for.

The rule. Every action has a Beta posterior on every tier (`posterior`): labels count 1, verdicts of the checks `trust`,
and a passed answer is as good as the labelled ones that passed. Tiers go from the cheapest to the dearest.

- **Up**, to the cheapest tier that is expected to reach `target`, else to the best: when at least `least`/2 failures
  were seen and success on the present tier is below `target` with probability `confidence`; the tier above must be
  expected to do better by `margin`. A tier above of which nothing at all is known is tried. Also when a tier above has
  `least` labels and is better by `worth` with that probability. Failures, not labels, are what an upgrade waits for, so
  that a success never brings one about.
- **Down**, to the cheapest tier that qualifies: both tiers have at least `least` labels of this action, success on the
  cheaper one is at most `margin` below with probability `confidence`, and `target` would not send it up again. Verdicts
  of the checks do not make up for labels here, unless `trust` is 1: they find faults of form, and say nothing of
  whether an answer is right.
- **New**: an action that has no key, was seen `least` times, and whose labels speak for one tier: against the dearest
  tier that answered a tenth of its requests, by the same rules; or for that tier itself where it answered half of them.
- Else it stays, and the row says what is missing.

What a dearer tier made of requests that a cheaper one failed is not its success rate: those were picked for being hard.
Such rescues are shown and not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from dreamc.learning.outcomes import Count, Evidence, Rescues
from dreamc.learning.posterior import PRIOR, Beta, at_least, below, interval, posterior

Kind = Literal["up", "down", "new", "keep"]
ANSWERED = 0.1
"""Share of its requests from which a tier counts as one that serves an action."""
HALF = 0.5


class Rule(Struct, frozen=True):
    """Rates and probabilities from 0 to 1; `least` labels; `trust`: what a verdict counts beside a label; `prior`:
    outcomes that the other actions of a tier are worth together."""

    least: int = 20
    margin: float = 0.05
    target: float = 0.7
    worth: float = 0.2
    confidence: float = 0.95
    trust: float = 0.25
    prior: float = PRIOR


class Cell(Struct, frozen=True):
    """One tier for one action. `labels`, `passed` and `failed` are counts; `mean` the expected success, between `low`
    and `high` with 90 %. `known`: whether anything at all is known of the tier."""

    tier: str
    labels: int
    good: float
    passed: int
    failed: int
    mean: float
    low: float
    high: float
    known: bool


class Row(Struct, frozen=True):
    """One action. `present` is its tier in the file, None without a key; `tier` the one it should have."""

    action: str
    kind: Kind
    present: str | None
    tier: str | None
    why: str
    seen: int
    cells: tuple[Cell, ...]
    rescued: float
    rescues: int


class Side(Struct, frozen=True):
    """A tier as the rule sees it: the belief, how many labels it rests on, the weighted failures that were seen."""

    tier: str
    belief: Beta
    count: Count
    labels: int
    bad: float
    known: bool


class Verdict(Struct, frozen=True):
    """What the rule says."""

    kind: Kind
    tier: str
    why: str


Reach = Callable[[str], tuple[str, ...]]
"""Action -> the tiers that may serve it, from the cheapest to the dearest."""


def table(evidence: Evidence, present: Mapping[str, str], reach: Reach, rule: Rule) -> tuple[Row, ...]:
    """A row for every action of the file and every other one that was seen, by name."""
    known = totals(evidence.counts, rule)
    actions = sorted({*present, *evidence.seen, *(action for action, _ in evidence.counts)})
    return tuple(_row(action, evidence, known, present.get(action), reach(action), rule) for action in actions)


Totals = Mapping[str, tuple[float, float]]


def totals(counts: Mapping[tuple[str, str], Count], rule: Rule) -> Totals:
    """Weighted successes and failures of each tier, over all actions; summed in an order of its own."""
    found: dict[str, tuple[float, float]] = {}
    for (_, tier), count in sorted(counts.items(), key=lambda item: item[0]):
        good, bad = _weighted(count, rule)
        before = found.get(tier, (0.0, 0.0))
        found[tier] = (before[0] + good, before[1] + bad)
    return found


def _weighted(count: Count, rule: Rule) -> tuple[float, float]:
    """Successes and failures. A passed check is a success as often as labels of passed answers are."""
    passed, failed = rule.trust * count.passed, rule.trust * count.failed
    return count.good + passed * count.worth, count.labels - count.good + failed + passed * (1 - count.worth)


def _row(
    action: str, evidence: Evidence, known: Totals, present: str | None, tiers: tuple[str, ...], rule: Rule
) -> Row:
    shown = tuple(dict.fromkeys((*tiers, *((present,) if present else ()))))
    sides = {tier: side(tier, evidence.counts.get((action, tier)) or Count(), known, rule) for tier in shown}
    seen = evidence.seen.get(action, {})
    order = tuple(sides[tier] for tier in tiers)
    said = _known(order, present, rule) if present else _unknown(order, seen, rule)
    rescues = evidence.rescues.get(action) or Rescues()
    return Row(
        action, said.kind, present, said.tier or None, said.why, sum(seen.values()),
        tuple(_cell(side) for side in sides.values()), rescues.good, rescues.asked,
    )  # fmt: skip


def side(tier: str, count: Count, known: Totals, rule: Rule) -> Side:
    """A tier for an action with these outcomes; what the other actions of the tier say is the prior."""
    good, bad = _weighted(count, rule)
    all_good, all_bad = known.get(tier, (0.0, 0.0))
    others = max(all_good - good, 0.0), max(all_bad - bad, 0.0)
    seen_bad = count.labels - count.good + rule.trust * count.failed
    labels = count.labels + (count.passed + count.failed if rule.trust >= 1 else 0)
    return Side(tier, posterior(good, bad, *others, rule.prior), count, labels, seen_bad, all_good + all_bad > 0)


def _known(sides: tuple[Side, ...], present: str, rule: Rule) -> Verdict:
    """For an action that has a tier. One that may not serve it is left as it is: that is for `dreamc check`."""
    at = next((index for index, side in enumerate(sides) if side.tier == present), None)
    if at is None:
        return Verdict("keep", present, "no model of this tier may serve it")
    here, under, over = sides[at], sides[:at], sides[at + 1 :]
    return _up(here, over, rule) or _down(under, here, rule) or Verdict("keep", present, _missing(under, here, rule))


def _up(here: Side, over: tuple[Side, ...], rule: Rule) -> Verdict | None:
    if here.bad * 2 < rule.least or not over:
        return None
    sure = below(here.belief, rule.target)
    if sure >= rule.confidence and (better := _better(here, over, rule)):
        why = f"success on {here.tier} is below {rule.target:.0%} with probability {_percent(sure)}"
        nothing = "" if better.known else f"; nothing is known of {better.tier} yet"
        return Verdict("up", better.tier, why + nothing)
    for side in over:
        gain = at_least(side.belief, here.belief, rule.worth) if side.labels >= rule.least else 0.0
        if gain >= rule.confidence:
            why = f"{side.tier} is better by {rule.worth:.0%} or more with probability {_percent(gain)}"
            return Verdict("up", side.tier, why)
    return None


def _better(here: Side, over: tuple[Side, ...], rule: Rule) -> Side | None:
    """The cheapest that is expected to reach the target, else the best; an untried one that comes before it."""
    able = [side for side in over if not side.known or side.belief.mean >= here.belief.mean + rule.margin]
    enough = (side for side in able if not side.known or side.belief.mean >= rule.target)
    return next(enough, None) or max(able, key=lambda side: side.belief.mean, default=None)


def _down(under: Iterable[Side], here: Side, rule: Rule) -> Verdict | None:
    if here.labels < rule.least:
        return None
    for side in under:
        if side.labels < rule.least or below(side.belief, rule.target) >= rule.confidence:
            continue
        sure = at_least(side.belief, here.belief, -rule.margin)
        if sure >= rule.confidence:
            why = f"{side.tier} is at most {rule.margin:.0%} below {here.tier} with probability {_percent(sure)}"
            return Verdict("down", side.tier, why)
    return None


def _missing(under: tuple[Side, ...], here: Side, rule: Rule) -> str:
    """Why nothing moves; for a tier below that comes close, how close."""
    if here.labels < rule.least and here.bad * 2 < rule.least:
        return f"{_labels(here)} on {here.tier}; {rule.least} are needed"
    tried = [side for side in under if side.labels >= rule.least]
    if under and not tried:
        best = max(under, key=lambda side: side.labels)
        return f"{_labels(best)} on {best.tier}; {rule.least} are needed to move down"
    if tried:
        sure = max(at_least(side.belief, here.belief, -rule.margin) for side in tried)
        return f"a cheaper tier does as well only with probability {_percent(sure)}"
    return "nothing speaks for another tier"


def _unknown(sides: tuple[Side, ...], seen: Mapping[str, int], rule: Rule) -> Verdict:
    """For an action without a key: against the dearest tier that serves a fair part of it."""
    total = sum(seen.values())
    fair = [side for side in sides if seen.get(side.tier, 0) >= ANSWERED * total]
    if total < rule.least or not fair:
        return Verdict("keep", "", f"no key; seen {total} times, {rule.least} are needed")
    here = fair[-1]
    said = _known(sides, here.tier, rule)
    if said.kind != "keep":
        return Verdict("new", said.tier, said.why)
    if here.labels >= rule.least and seen[here.tier] >= HALF * total:
        return Verdict("new", here.tier, f"{here.tier} answered {seen[here.tier]} of {total}, and does it well enough")
    return Verdict("keep", "", f"no key; {said.why}")


def _labels(side: Side) -> str:
    return f"{side.labels} label{'' if side.labels == 1 else 's'}"


def _cell(side: Side) -> Cell:
    count, (low, high) = side.count, interval(side.belief)
    mean = round(side.belief.mean, 3)
    return Cell(side.tier, count.labels, count.good, count.passed, count.failed, mean, low, high, side.known)


def _percent(probability: float) -> str:
    """Never 100 %: that would claim to be certain."""
    return ">99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"
