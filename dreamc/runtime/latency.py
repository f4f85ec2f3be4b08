"""How long calls took: counts per range of seconds, and what half or nearly all of them stayed under. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

BOUNDS_S = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0),
    *(15.0, 25.0, 40.0, 60.0, 120.0),
)
"""Upper ends of the ranges in seconds, included; the last range has none."""

RANGES = len(BOUNDS_S) + 1


def range_of(seconds: float) -> int:
    """The index of the range that holds `seconds`."""
    return bisect_left(BOUNDS_S, seconds)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """Seconds that a share of the calls stayed under; None without calls.

    Taken as spread evenly within a range, as histogram_quantile of Prometheus does; of the open range its lower end.
    """
    wanted, below = share * sum(counts), 0
    if not any(counts):
        return None
    for at, count in enumerate(counts[:-1]):
        if count and below + count >= wanted:
            low = BOUNDS_S[at - 1] if at else 0.0
            return low + (BOUNDS_S[at] - low) * (wanted - below) / count
        below += count
    return BOUNDS_S[-1]
