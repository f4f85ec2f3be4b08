"""The order in which settings are traded for memory."""

from __future__ import annotations

from msgspec import Struct

from dreamc.sizing import calibration
from dreamc.sizing.problem import Problem
from dreamc.sizing.types import GIB


class Rung(Struct, frozen=True):
    """One pair of max_num_seqs and max_num_batched_tokens."""

    seqs: int
    batched: int


def ladder(found: Problem) -> tuple[Rung, ...]:
    """From where the search starts: fewer sequences first (never under what was asked), then fewer batched tokens."""
    rungs = [_start(found)]
    steps = calibration.row("steps")
    request = found.request
    if request.max_num_seqs is None and request.concurrency is None:
        for seqs in _numbers(steps["max_num_seqs"]):
            if seqs < rungs[-1].seqs:
                rungs.append(Rung(seqs, rungs[-1].batched))
    if request.max_num_batched_tokens is None and not found.shape.encoder:
        for batched in _numbers(steps["max_num_batched_tokens"]):
            if rungs[-1].seqs <= batched < rungs[-1].batched:
                rungs.append(Rung(rungs[-1].seqs, batched))
    return tuple(rungs)


def _start(found: Problem) -> Rung:
    request = found.request
    row = [row for row in calibration.rows("start") if request.card_total >= calibration.real(row, "min_gib") * GIB][-1]
    seqs = request.max_num_seqs or request.concurrency or calibration.whole(row, "max_num_seqs")
    batched = request.max_num_batched_tokens or max(seqs, calibration.whole(row, "max_num_batched_tokens"))
    # An encoder reads a prompt in one step, so that the batch holds at least one of full length.
    return Rung(min(seqs, batched), max(batched, found.ceiling) if found.shape.encoder else batched)


def _numbers(value: object) -> tuple[int, ...]:
    assert isinstance(value, list)
    return tuple(int(number) for number in value)
