"""Bounds of `routing: complexity:` as quantiles of the scores that one's own requests had.

Half of the requests choose the bounds, the other half says what shares they give. Equal scores cannot be told apart:
where many requests share one, a bound lies before or behind all of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

from msgspec import Struct

from dreamc.cost.usage_log import Request
from dreamc.learning.outcomes import Label

LEAST = 100
"""Scores: with fewer, half of them say a share no better than to 10 points."""
OFF = 0.05
"""How far a share may be from its target."""
DIGITS, STEP = 6, 1e-6
"""Of a score; it has no more."""


class Scored(Struct, frozen=True):
    """Scores of requests that the score decided: those that choose, and those that are held out."""

    chosen: tuple[float, ...]
    held: tuple[float, ...]


class Part(Struct, frozen=True):
    """One tier: scores below `up_to`. Shares of requests from 0 to 1: `target`, what the present bounds give (`now`),
    and what the new bound gives on the requests held out. `tie` is the share of requests that have one score at the
    bound, 0 where ties are not what keeps it from its target."""

    tier: str
    was: float
    up_to: float
    target: float
    now: float
    held: float
    tie: float

    @property
    def off(self) -> bool:
        """Whether the share is further from its target than OFF."""
        return abs(self.held - self.target) > OFF


def scored(requests: Iterable[Request], labels: Iterable[Label], keyed: Iterable[str]) -> Scored:
    """`keyed` are the actions that have a tier of their own: no score decides for them."""
    named = frozenset(keyed)
    halves: tuple[list[float], list[float]] = ([], [])
    for request in requests:
        first = min(request.attempts, key=lambda line: (line.time, line.n), default=None)
        if first is not None and first.score is not None and first.action not in named:
            halves[crc32(f"{first.time} {first.id} {first.n}".encode()) & 1].append(first.score)
    for label in labels:
        if label.complete and label.score is not None and label.action not in named:
            halves[label.line & 1].append(label.score)
    return Scored(tuple(sorted(halves[0])), tuple(sorted(halves[1])))


def widths(bounds: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The shares that bounds mean where scores are evenly spread: `0.3` is the lowest 30 % of requests."""
    starts = (0.0, *(up_to for _, up_to in bounds))
    return {tier: up_to - start for (tier, up_to), start in zip(bounds, starts, strict=False)}


def calibrated(scores: Scored, bounds: Sequence[tuple[str, float]], shares: Mapping[str, float]) -> tuple[Part, ...]:
    """Bounds for these tiers in this order, with shares that sum to 1. The last one is 1."""
    found: list[Part] = []
    reached = wanted = 0.0
    for index, (tier, was) in enumerate(bounds):
        wanted += shares[tier]
        last = index == len(bounds) - 1
        floor = found[-1].up_to if found else 0.0
        up_to = 1.0 if last else max(floor, bound(scores.chosen, wanted))
        share = below(scores.held, up_to, last=last)
        before = bounds[index - 1][1] if index else 0.0
        now = below(scores.held, was, last=last) - (below(scores.held, before) if index else 0.0)
        tie = 0.0 if last else _tie(scores.chosen, wanted)
        found.append(Part(tier, was, up_to, shares[tier], now, share - reached, tie if tie > OFF else 0.0))
        reached = share
    return tuple(found)


def below(ordered: Sequence[float], up_to: float, *, last: bool = False) -> float:
    """Share of scores that a bound lets through; the last bound lets all through."""
    return 1.0 if last or not ordered else bisect_left(ordered, up_to) / len(ordered)


def bound(ordered: Sequence[float], share: float) -> float:
    """The shortest number that has the share of scores nearest to `share` below it."""
    at = min(max(round(share * len(ordered)), 0), len(ordered))
    if at in {0, len(ordered)}:
        return 0.0 if at == 0 else min(1.0, round(ordered[-1] + STEP, DIGITS))
    first = bisect_left(ordered, ordered[at])
    after = next((i for i in range(at, len(ordered)) if ordered[i] > ordered[at]), len(ordered))
    cut = first if abs(first - at) <= abs(after - at) else after
    if cut == len(ordered):
        return min(1.0, round(ordered[-1] + STEP, DIGITS))
    return _short(ordered[cut - 1] if cut else 0.0, ordered[cut])


def _short(low: float, high: float) -> float:
    """The number with the fewest digits that is above `low` and at most `high`."""
    for digits in range(1, DIGITS):
        scale = 10.0**digits
        found = math.floor(high * scale) / scale
        if low < found <= high:
            return found
    return high


def _tie(ordered: Sequence[float], share: float) -> float:
    """Share of the scores that are equal to the one at the quantile."""
    if not ordered:
        return 0.0
    value = ordered[min(round(share * len(ordered)), len(ordered) - 1)]
    return sum(one == value for one in ordered) / len(ordered)
