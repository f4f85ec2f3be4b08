"""One question about one instance, with everything that its knobs do not change worked out once."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from dreamc.hub.shape import ModelShape
from dreamc.sizing import gates
from dreamc.sizing.measured import find
from dreamc.sizing.parts import before_check, loaded_weights
from dreamc.sizing.types import FitRequest, Measured, Refusal
from dreamc.sizing.units import gib, tokens
from dreamc.sizing.weights import DTYPE_BYTES, parameters


class Problem(Struct, frozen=True):
    """``limit`` is the most that vLLM's own budget may be: what is free when vLLM compares it with its share."""

    request: FitRequest
    shape: ModelShape
    dtype: str
    width: int
    weights: int
    billions: float
    limit: int
    ceiling: int
    utilization: Fraction | None
    notes: tuple[str, ...]
    measured: Measured | None = None


def problem(request: FitRequest) -> Problem | Refusal:
    """Check the request against the model, the version, the card and the budget."""
    shape = gates.quantised(request)
    if isinstance(shape, Refusal):
        return shape
    shape = gates.tiled(shape, request.vllm_version, request.capability)
    checked = replace(request, shape=shape)
    refusal = (
        _sane(checked)
        or _context(checked)
        or gates.parallelism(shape, request.tp, request.pp)
        or gates.capability(checked)
    )
    if refusal:
        return refusal
    dtype = gates.dtype(checked)
    return dtype if isinstance(dtype, Refusal) else _budgeted(checked, dtype)


def _sane(request: FitRequest) -> Refusal | None:
    wrong = (
        (request.card_total <= 0, "the card has no memory"),
        (request.budget > request.card_total, "the budget is larger than the card"),
        (request.context_floor <= 0, "the context must be above 0"),
        (request.context_floor > request.context_ceiling, "the context's lower bound is above its upper bound"),
        (_below_one(request.concurrency), "concurrency must be at least 1"),
        (_below_one(request.max_num_seqs), "max_num_seqs must be at least 1"),
        (_below_one(request.max_num_batched_tokens), "max_num_batched_tokens must be at least 1"),
        (
            bool(request.max_num_batched_tokens)
            and (request.max_num_batched_tokens or 0) < (request.max_num_seqs or 0),
            "max_num_batched_tokens must be at least max_num_seqs",
        ),
        _torn(request.shape),
        (request.task == "generate" and request.shape.encoder, "an encoder only embeds; it cannot generate"),
    )
    reason = next((text for bad, text in wrong if bad), None)
    return Refusal("request", reason) if reason else None


def _torn(shape: ModelShape) -> tuple[bool, str]:
    heads, shared = shape.heads, max(1, shape.kv_heads)
    why = f"its config.json contradicts itself: {heads} attention heads cannot share {shared} KV heads"
    return shape.mla is None and heads % shared > 0, why


def _below_one(number: int | None) -> bool:
    return number is not None and number < 1


def _context(request: FitRequest) -> Refusal | None:
    longest = request.shape.max_len
    if request.context_floor <= longest:
        return None
    return Refusal(
        "context",
        f"a context of {tokens(request.context_floor)} is asked, the model's own is {tokens(longest)}",
        options=(f"context: {tokens(longest)}",),
    )


def _budgeted(request: FitRequest, dtype: str) -> Problem | Refusal:
    before = before_check(request.vllm_version, request.tp * request.pp)
    share = _utilization(request)
    if isinstance(share, Refusal):
        return share
    limit = request.budget - before
    if share is not None:
        asked = requested(request.card_total, share)
        if asked > limit:
            return Refusal(
                "memory",
                f"gpu_memory_utilization {request.utilization} asks for {gib(asked)} beside "
                f"{gib(before)} that are taken before vLLM looks; {gib(request.budget)} are left for it",
                asked - limit,
                (f"gpu_memory_utilization: {thousandths(limit, request.card_total)}",),
            )
        limit = asked
    width = DTYPE_BYTES[dtype]
    ceiling = min(request.context_ceiling, request.shape.max_len)
    notes = () if ceiling == request.context_ceiling else (f"context capped at the model's own {tokens(ceiling)}",)
    weights = loaded_weights(request.shape, request.tp, request.pp, width)
    billions = parameters(request.shape) / 1e9
    row = (
        find(request.measured, request.shape, request.gpu, request.vllm_version, request.tp)
        if request.pp == 1
        else None
    )
    return Problem(request, request.shape, dtype, width, weights, billions, limit, ceiling, share, notes, row)


def requested(total: int, share: Fraction) -> int:
    """Bytes of vLLM's budget: ceil(total x share) (vLLM 0.33.0 v1/worker/utils.py:716-772)."""
    return -(-total * share.numerator // share.denominator)


def thousandths(size: int, total: int) -> str:
    """The largest share with three digits whose bytes stay within ``size``: "0.912"."""
    return f"0.{min(999, max(0, size) * 1000 // total):03d}"


def _utilization(request: FitRequest) -> Fraction | Refusal | None:
    if request.utilization is None:
        return None
    try:
        share = Fraction(Decimal(request.utilization))
    except (InvalidOperation, ValueError, OverflowError):
        share = Fraction(0)
    if 0 < share <= 1:
        return share
    return Refusal("request", f"gpu_memory_utilization {request.utilization} is not above 0 and at most 1")
