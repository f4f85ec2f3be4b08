"""How far the memory left for the KV cache may lie from what is predicted, and how sure the whole is.

The rule: every part that vLLM takes from its budget may be off by a share of itself that follows from its confidence,
the card's memory by what is known of it, and the sum by a fixed amount (knowledge/calibration.yaml, `band`). The errors
are added up, not squared: a band is the worst case of its parts. A pool whose bytes are given has no band.
"""

from __future__ import annotations

from msgspec import Struct

from dreamc.sizing import calibration
from dreamc.sizing.types import CONFIDENCES, GIB, Confidence, Figure


class Total(Struct, frozen=True):
    """A card's CUDA-visible bytes: the least and the most that was reported, and whether anyone did."""

    low: int
    high: int
    measured: bool = True


def band(available: int, taken: tuple[Figure, ...], total: Total, share: float) -> tuple[int, int]:
    """Least and most bytes of KV cache, not below 0. ``taken`` are the parts inside vLLM's budget, a ``share`` of the
    card; ``available`` was worked out from the least total."""
    row = calibration.row("band")
    off = sum(calibration.real(row, part.confidence) * part.bytes for part in taken)
    off += calibration.real(row, "fixed_gib") * GIB
    unknown = 0.0 if total.measured else calibration.real(row, "assumed_total") * total.low
    low = available - off - unknown * share
    high = available + off + (unknown + total.high - total.low) * share
    return max(0, int(low)), max(0, int(high))


def least_sure(taken: tuple[Figure, ...]) -> Confidence:
    """The confidence of a sum: that of its least sure part, where that part is there at all."""
    return CONFIDENCES[max((CONFIDENCES.index(part.confidence) for part in taken if part.bytes), default=0)]
