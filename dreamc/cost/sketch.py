"""Quantiles of many values in little memory: counts in ranges that grow by the same factor. Pure.

After Masson, Rim, Lee: DDSketch, VLDB 2019 (https://arxiv.org/abs/1908.10693): a quantile is off by ERROR at most.
Sketches add up, in any order, to the sketch of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil, exp, log

ERROR = 0.01
LEAST_S = 0.001
"""Seconds under which all values are one: the log holds no finer ones."""

_GROWTH = log((1 + ERROR) / (1 - ERROR))


def range_of(seconds: float) -> int:
    """The range that holds a value of at least 0."""
    return ceil(log(seconds) / _GROWTH) if seconds > LEAST_S else ceil(log(LEAST_S) / _GROWTH)


def merged(sketches: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Ranges and their counts, of all together."""
    found: dict[int, int] = {}
    for sketch in sketches:
        for at, count in sketch.items():
            found[at] = found.get(at, 0) + count
    return found


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The value that `share` of all do not exceed, in the middle of its range; None without values."""
    wanted, below = share * sum(counts.values()), 0
    for at in sorted(counts):
        below += counts[at]
        if below >= wanted:
            return 2 * exp(at * _GROWTH) / (exp(_GROWTH) + 1)
    return None
