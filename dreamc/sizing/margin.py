"""What is kept free because a figure may be wrong: a share of each part that follows from its confidence."""

from __future__ import annotations

from dreamc.sizing import calibration
from dreamc.sizing.setting import Parts
from dreamc.sizing.types import MIB

INSIDE = ("rope", "activation", "buffers", "graphs", "non_torch")
"""Parts of vLLM's budget besides the weights, whose formulas are closer than the others and have a row of their own."""


def margin(found: Parts) -> int:
    """Bytes that vLLM's budget keeps beside its parts and the KV cache (knowledge/calibration.yaml, `margin`).

    What is gone before vLLM looks lies outside its budget; its row holds the worst that was seen.
    """
    row, heavy = calibration.row("margin"), calibration.row("margin_of_weights")
    off = sum(calibration.real(row, getattr(found.sure, name)) * getattr(found, name) for name in INSIDE)
    off += calibration.real(heavy, found.sure.weights) * found.weights
    return int(calibration.real(row, "fixed_mib") * MIB + off)
