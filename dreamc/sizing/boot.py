"""What vLLM would report if it were started with given arguments. Nothing is chosen or traded here; `fit` does that."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from dreamc.sizing import calibration, kv
from dreamc.sizing.answer import Choice, cache_plan, fixed_parts, inflight, setting
from dreamc.sizing.band import Total, band, least_sure
from dreamc.sizing.ladder import Rung
from dreamc.sizing.parts import budgeted, figures
from dreamc.sizing.problem import Problem, problem, requested
from dreamc.sizing.setting import Parts
from dreamc.sizing.types import GIB, Confidence, Figure, FitRequest, Refusal
from dreamc.sizing.units import gib, tokens
from dreamc.sizing.weights import latent_copies

OUTSIDE = ("kv_cache", "margin", "context")


class Start(Struct, frozen=True):
    """The arguments. ``asked`` holds those that sizing shares: one context length, sequences and batched tokens.

    ``pool`` is --kv-cache-memory-bytes; ``block`` is --block-size, 0 where not given; ``longest`` lets vLLM choose the
    context (--max-model-len auto), up to the length in ``asked``.
    """

    asked: FitRequest
    total: Total
    share: Fraction
    pool: int | None = None
    block: int = 0
    longest: bool = False


class Boot(Struct, frozen=True):
    """Bytes per rank. ``refusal`` is empty where it starts; ``length`` is the context in use, ``longest`` what the pool
    holds at most, up to the model's own length. ``resident`` is what stays besides the weights: kernels and buffers of
    collectives, rotary caches, the copies of latent attention, penalty buffers."""

    refusal: str
    weights: int
    activation: int
    resident: int
    graphs: int
    available: int
    blocks: int
    tokens: int
    requests: float
    length: int
    longest: int
    band: tuple[int, int]
    confidence: Confidence
    note: str
    figures: tuple[Figure, ...]


def boot(start: Start) -> Boot | Refusal:
    """The report, or a refusal that needs no arithmetic: capability, split, context, contradictions."""
    found = problem(start.asked)
    if isinstance(found, Refusal):
        return found
    choice = chosen(start)
    base = fixed_parts(found, choice)
    plan = cache_plan(found, choice, start.block)
    budget = requested(start.asked.card_total, start.share)
    available = budget - _counted(found, base) if start.pool is None else start.pool
    longest = _longest(found, choice, plan, available) if plan else found.shape.max_len
    if start.longest and plan:
        choice = replace(choice, length=max(1, min(choice.length, longest)))
    refusal = _refusal(start, found, base, budget) or _short(found, choice, plan, available, longest)
    return _boot(start, found, choice, plan, refusal, available, longest)


def chosen(start: Start) -> Choice:
    """The knobs as they are given."""
    asked = start.asked
    assert asked.max_num_seqs is not None
    assert asked.max_num_batched_tokens is not None
    rung = Rung(asked.max_num_seqs, asked.max_num_batched_tokens)
    return Choice(rung, asked.kv_cache_dtype or "auto", asked.enforce_eager, asked.context_floor)


def _boot(
    start: Start,
    found: Problem,
    choice: Choice,
    plan: kv.KvPlan | None,
    refusal: str,
    available: int,
    longest: int,
) -> Boot:
    base, when = fixed_parts(found, choice), calibration.version(start.asked.vllm_version)
    blocks = max(0, available) // plan.bytes_per_block if plan else 0
    flight = inflight(found, choice)
    by_concurrency = calibration.value("tokens_by_concurrency", when) > 0
    every = figures(base, setting(found, choice), max(0, available))
    counted = budgeted(start.asked.vllm_version)
    taken = tuple(part for part in every if part.name not in OUTSIDE and (part.name != "graphs" or counted))
    pinned = start.pool is not None
    reach = (available, available) if pinned else band(available, taken, start.total, float(start.share))
    needed = _needed(found, choice, plan) if plan else 0
    return Boot(
        refusal=refusal,
        weights=base.weights - _copies(found),
        activation=base.activation,
        resident=base.non_torch + base.rope + base.buffers + _copies(found),
        graphs=base.graphs,
        available=available,
        blocks=blocks,
        tokens=kv.tokens(plan, blocks, choice.length, flight, by_concurrency=by_concurrency) if plan else 0,
        requests=float(kv.full_requests(plan, blocks, choice.length, flight)) if plan else 0.0,
        length=choice.length,
        longest=longest,
        band=reach,
        confidence="exact" if pinned else least_sure(taken),
        note=_close(start, found) or _edge(plan, needed, reach, refused=bool(refusal)),
        figures=every,
    )


def _counted(found: Problem, base: Parts) -> int:
    """Bytes of vLLM's budget that are not for the KV cache."""
    return base.inside - (0 if budgeted(found.request.vllm_version) else base.graphs)


def _copies(found: Problem) -> int:
    return latent_copies(found.shape, found.request.tp) // found.request.pp


def _longest(found: Problem, choice: Choice, plan: kv.KvPlan, available: int) -> int:
    """The estimated maximum length that vLLM prints: the longest request that the pool holds, found by halving
    (vLLM 0.33.0 v1/core/kv_cache_planning.py:1337, :1533-1559)."""
    flight = inflight(found, choice)
    null = int(calibration.value("null_block", calibration.version(found.request.vllm_version)))
    room = available // plan.bytes_per_block - null if available > 0 else 0
    low, high = 0, found.shape.max_len
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if kv.request_blocks(plan, middle, flight) <= room else (low, middle - 1)
    return low


def _refusal(start: Start, found: Problem, base: Parts, budget: int) -> str:
    """What stops vLLM before it has a pool: the check of the free memory, or the card itself."""
    total, left = start.asked.card_total, _least_before(found)
    if budget > total - left:
        return (
            f"gpu_memory_utilization asks for {gib(budget)} of {gib(total)}, and at least {gib(left)} are taken "
            "before vLLM looks"
        )
    if start.pool is not None and base.inside + start.pool > total - left:
        return (
            f"{gib(base.inside)} beside a KV cache of {gib(start.pool)} are more than the {gib(total - left)} "
            "that the card has for it"
        )
    return ""


def _short(found: Problem, choice: Choice, plan: kv.KvPlan | None, available: int, longest: int) -> str:
    if available < 0 or (plan is not None and available < plan.bytes_per_block):
        return f"no memory is left for the KV cache: {gib(max(0, -available))} are missing before the first block"
    if plan is None or choice.length <= longest:
        return ""
    needed = _needed(found, choice, plan)
    return (
        f"one request of {tokens(choice.length)} tokens needs {gib(needed)} of KV cache, {gib(available)} are "
        f"available; the estimated maximum model length is {longest}"
    )


def _needed(found: Problem, choice: Choice, plan: kv.KvPlan) -> int:
    return kv.request_blocks(plan, choice.length, inflight(found, choice)) * plan.bytes_per_block


def _edge(plan: kv.KvPlan | None, needed: int, reach: tuple[int, int], *, refused: bool) -> str:
    """Whether the other verdict lies within the band."""
    if plan is None or not reach[0] < needed <= reach[1]:
        return ""
    return "within the band of the figures it may start" if refused else "within the band it may be refused"


def _close(start: Start, found: Problem) -> str:
    """A start that only the worst case of the free-memory check would stop."""
    budget = requested(start.asked.card_total, start.share)
    return (
        "the check of the free memory is close: leave more to what runs before vLLM looks"
        if budget > found.limit and budget <= start.asked.card_total - _least_before(found)
        else ""
    )


def _least_before(found: Problem) -> int:
    request = found.request
    row = calibration.at(
        "before_check_least_gib", calibration.version(request.vllm_version), gpus=min(request.tp * request.pp, 2)
    )
    assert row is not None
    return int(calibration.real(row, "value") * GIB)
