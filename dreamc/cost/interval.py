"""Confidence intervals of 95 % by the bootstrap: whole days, or blocks of requests, are drawn again with replacement.

Days and blocks keep what hangs together. Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and
13 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from dreamc.cost.draws import Draws

LEVEL = 0.95
FEWEST_DAYS = 10
"""With fewer days, blocks of requests are drawn instead: an interval from three days says nothing."""
BLOCKS = 100
FEWEST = 10
"""Requests below which there is no interval."""

Unit = Literal["days", "blocks of requests"]


class Groups(Struct, frozen=True):
    """What may be drawn: the places of the requests of each day, or block."""

    unit: Unit
    places: tuple[range | tuple[int, ...], ...]


class Interval(Struct, frozen=True):
    """From `low` to `high`, over `count` units. `again`: every draw was decided anew under the budget."""

    low: float
    high: float
    unit: Unit
    count: int
    again: bool = False


def groups(days: Sequence[str]) -> Groups | None:
    """The days of the requests, in order, as groups; blocks where there are few days, None for too few requests."""
    if len(days) < FEWEST:
        return None
    if len(set(days)) >= FEWEST_DAYS:
        found: dict[str, list[int]] = {}
        for place, day in enumerate(days):
            found.setdefault(day, []).append(place)
        return Groups("days", tuple(map(tuple, found.values())))
    size = -(-len(days) // min(BLOCKS, len(days)))
    blocks = (range(at, min(at + size, len(days))) for at in range(0, len(days), size))
    return Groups("blocks of requests", tuple(blocks))


def drawn(count: int, times: int, seed: int) -> Iterator[tuple[int, ...]]:
    """`times` draws of `count` out of `count` groups: the same for the same seed, whatever they are used for."""
    draws = Draws(seed)
    for _ in range(times):
        yield tuple(draws.below(count) for _ in range(count))


def band(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of some values."""
    ordered = sorted(values)
    return _quantile(ordered, (1 - LEVEL) / 2), _quantile(ordered, (1 + LEVEL) / 2)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
