"""What the user's own start-up logs make of the formulas: which row speaks of an instance, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from dreamc.hub.shape import ModelShape
from dreamc.sizing import calibration
from dreamc.sizing.setting import Parts, Setting, Sure
from dreamc.sizing.types import GIB, Measured

ROUNDED = GIB // 50
"""Bytes by which two figures may differ and still be the same: logs round each to 0.01 GiB."""


def architecture(shape: ModelShape) -> str:
    """What the parts depend on, as one word: kind, layers x width x vocabulary, experts, how it is stored."""
    experts = f"-{shape.experts.count}e" if shape.experts else ""
    stored = f"-{shape.quant.declared or shape.quant.method}" if shape.quant.method != "none" else ""
    return f"{shape.model_type}-{len(shape.layers)}x{shape.hidden}x{shape.vocab}{experts}{stored}"


def minor(version: str) -> str:
    """ "0.33.0" as "0.33"."""
    return ".".join(map(str, calibration.version(version)))


def find(rows: Iterable[Measured], shape: ModelShape, gpu: str, version: str, tp: int) -> Measured | None:
    """The row of this architecture, card, version and split. Else, of others of that card, version and split, the one
    with the most outside torch: that part alone does not depend on the model."""
    alike = [one for one in rows if (one.gpu, one.vllm, one.tp) == (gpu, minor(version), tp)]
    own = next((one for one in alike if one.architecture == architecture(shape)), None)
    if own is not None:
        return own
    near = [one for one in alike if one.non_torch is not None]
    if not near:
        return None
    most = max(near, key=lambda one: (one.non_torch or 0, one.architecture))
    return replace(most, weights=None, activation=None, graphs=None, taken=None)


def corrected(ours: Parts, then: Parts, row: Measured, now: Setting, in_budget: bool) -> Parts:
    """``ours`` with what ``row`` measured. ``then`` are our figures for the settings of its log.

    A figure that settings change moves by the difference or the ratio, whichever leaves more; it is calibrated up to
    the settings of the log, and beyond them as sure as its formula.
    """
    told: dict[str, int] = {}
    if row.weights is not None and abs(row.weights - then.weights - then.rope) > ROUNDED:
        told["weights"] = max(0, ours.weights + row.weights - then.weights - then.rope)
    if row.activation is not None:
        told["activation"] = _moved(ours.activation, then.activation, row.activation)
    if row.non_torch is not None:
        told["non_torch"] = row.non_torch
    if row.graphs is not None and ours.graphs:
        told["graphs"] = _moved(ours.graphs, then.graphs, row.graphs)
    if row.taken is not None:
        counted = then.inside + told.get("weights", ours.weights) - ours.weights - then.graphs
        counted += (then.graphs if row.graphs is None else row.graphs) if in_budget else 0
        told |= _spread(_with(ours, told), then, row.taken - counted)
    return replace(_with(ours, told), sure=_sure(ours, row, now, tuple(told)), measured=tuple(told))


def _with(found: Parts, told: dict[str, int]) -> Parts:
    changed: dict[str, Any] = dict(told)
    return replace(found, **changed)


def _moved(ours: int, then: int, seen: int) -> int:
    """``seen`` was measured where we say ``then``: what that makes of ``ours``."""
    return max(0, ours + seen - then, ours * seen // then if then else 0)


def _spread(found: Parts, then: Parts, more: int) -> dict[str, int]:
    """A difference that the log does not split: outside torch, and what is less than nothing there off the peak. It
    grows with the peak where it is missing, and shrinks with it where it is too much."""
    ratio = found.activation / then.activation if then.activation else 1.0
    moved = int(more * (max(1.0, ratio) if more > 0 else min(1.0, ratio)))
    outside = found.non_torch + moved
    return {"non_torch": max(0, outside), "activation": max(0, found.activation + min(0, outside))}


def _sure(ours: Parts, row: Measured, now: Setting, told: tuple[str, ...]) -> Sure:
    fewer = now.seqs <= row.seqs
    within = {"activation": fewer and now.batched <= row.batched, "graphs": fewer}
    changed: dict[str, Any] = {name: "calibrated" for name in told if within.get(name, True)}
    if row.weights is not None and ours.sure.weights != "exact":
        changed["weights"] = "calibrated"
    return replace(ours.sure, **changed)
