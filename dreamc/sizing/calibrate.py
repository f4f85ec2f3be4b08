"""A start-up of the user's own beside our figures for the same start: the row that later sizing reads."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from dreamc.sizing.answer import cache_plan, fixed_parts
from dreamc.sizing.boot import Boot, Start, boot, chosen
from dreamc.sizing.measured import architecture, minor
from dreamc.sizing.parts import budgeted
from dreamc.sizing.problem import Problem, problem, requested
from dreamc.sizing.setting import Parts
from dreamc.sizing.startup_log import Facts
from dreamc.sizing.types import GIB, Measured, Refusal
from dreamc.sizing.units import gib

FAR = 0.25
"""A load that differs by this share of our weights is of another model."""


class Calibrated(Struct, frozen=True):
    """The row, our parts and report before it and with it, and the bytes of KV cache that vLLM reported."""

    row: Measured
    before: Parts
    after: Parts
    without: Boot
    using: Boot
    reported: int | None


def calibrate(facts: Facts, start: Start, model: str, source: str, checked: str) -> Calibrated | str:
    """The row of this start; or why there is none."""
    found = problem(start.asked)
    if isinstance(found, Refusal):
        return found.reason
    choice = chosen(start)
    ours = fixed_parts(found, choice)
    reported = _reported(facts, start, found)
    if isinstance(reported, str):
        return reported
    row = _row(facts, start, found, ours, model, source, checked, reported)
    wrong = _wrong(row, ours)
    if wrong:
        return wrong
    asked = replace(start, asked=replace(start.asked, measured=(row,)))
    known = problem(asked.asked)
    assert not isinstance(known, Refusal)
    without, using = boot(start), boot(asked)
    assert isinstance(without, Boot)
    assert isinstance(using, Boot)
    return Calibrated(row, ours, fixed_parts(known, choice), without, using, reported)


def _reported(facts: Facts, start: Start, found: Problem) -> int | str | None:
    """Bytes of the pool that vLLM measured; None where it was told them."""
    if facts.pinned:
        pinned = "the KV cache of this server is pinned, so that its blocks say nothing of memory"
        return None if facts.kind == "log" else f"{pinned}; give its start-up log"
    if facts.blocks is None:
        return facts.available
    plan = cache_plan(found, chosen(start), start.block)
    return facts.blocks * plan.bytes_per_block if plan else "a model without a KV cache has no blocks to measure by"


def _row(
    facts: Facts, start: Start, found: Problem, ours: Parts, model: str, source: str, checked: str, reported: int | None
) -> Measured:
    request = found.request
    budget = facts.budget or requested(request.card_total, start.share)
    split = facts.activation is not None
    # The runner's own buffers are exact, and known apart.
    outside = None if facts.non_torch is None else max(0, facts.non_torch - ours.buffers)
    return Measured(
        architecture=architecture(found.shape),
        model=model,
        gpu=request.gpu,
        vllm=minor(request.vllm_version),
        tp=request.tp,
        seqs=request.max_num_seqs or 1,
        batched=request.max_num_batched_tokens or 1,
        eager=request.enforce_eager,
        source=source,
        checked=checked,
        weights=facts.loaded,
        activation=facts.activation,
        non_torch=outside,
        graphs=None if request.enforce_eager else facts.graphs,
        taken=None if split or reported is None else budget - reported,
    )


def _wrong(row: Measured, ours: Parts) -> str:
    loads = ours.weights + ours.rope
    if row.weights is not None and abs(row.weights - loads) > FAR * loads:
        return f"it loads {gib(row.weights)}, {row.model} would load {gib(loads)}: is it another model?"
    counted = ours.inside - (0 if budgeted(row.vllm) else ours.graphs)
    if row.taken is not None and abs(row.taken - counted) > FAR * counted + GIB:
        return (
            f"{gib(row.taken)} are taken before the KV cache, {row.model} with these settings would take "
            f"{gib(counted)}: is it another model, card or share?"
        )
    return ""
