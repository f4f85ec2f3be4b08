"""From chosen settings to the bytes they need and the answer given."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from dreamc.sizing import calibration, kv
from dreamc.sizing.cache_types import CacheType, cache_type
from dreamc.sizing.ladder import Rung
from dreamc.sizing.parts import figures, parts
from dreamc.sizing.problem import Problem, requested, thousandths
from dreamc.sizing.setting import Parts, Setting
from dreamc.sizing.types import Fit
from dreamc.sizing.units import gib, tokens

BLOCK = 16
LATENT_BLOCK = 64


class Choice(Struct, frozen=True):
    """One setting of every knob; ``length`` is max_model_len, ``offload`` bytes of weights in main memory."""

    rung: Rung
    cache: str
    eager: bool
    length: int
    offload: int = 0


def shortfall(found: Problem, choice: Choice, wanted: int) -> int:
    """Bytes missing for ``wanted`` requests of full length; zero or less means that it fits."""
    return needed(found, choice, wanted) - _limit(found)


def needed(found: Problem, choice: Choice, wanted: int) -> int:
    """Bytes that vLLM's own budget must be."""
    base = fixed_parts(found, choice)
    plan = cache_plan(found, choice)
    if plan is None:
        return base.inside + base.margin
    when = calibration.version(found.request.vllm_version)
    null = int(calibration.value("null_block", when))
    blocks = kv.request_blocks(plan, choice.length, inflight(found, choice)) * wanted + null
    return base.inside + base.margin + blocks * plan.bytes_per_block


def answer(found: Problem, choice: Choice, start: Rung) -> Fit:
    """The settings, the sum of all parts, and what the KV cache holds."""
    base, plan, request = fixed_parts(found, choice), cache_plan(found, choice), found.request
    share = found.utilization or _share(found, choice, grow=request.goal == "largest" and plan is not None)
    budget = requested(request.card_total, share)
    blocks = (budget - base.inside - base.margin) // plan.bytes_per_block if plan else 0
    kv_bytes = blocks * plan.bytes_per_block if plan else 0
    margin = budget - base.inside - kv_bytes
    whole = replace(base, margin=margin)
    when, length, flight = calibration.version(request.vllm_version), choice.length, inflight(found, choice)
    fits = float(kv.full_requests(plan, blocks, length, flight)) if plan else float(choice.rung.seqs)
    by_concurrency = calibration.value("tokens_by_concurrency", when) > 0
    return Fit(
        weights=base.weights,
        rope=base.rope,
        activation=base.activation,
        buffers=base.buffers,
        graphs=base.graphs,
        non_torch=base.non_torch,
        context=base.context,
        margin=margin,
        kv_bytes_per_token=kv.bytes_per_token(plan) if plan else 0,
        kv_cache_bytes=kv_bytes,
        num_blocks=blocks,
        block_size=plan.block_size if plan else 0,
        max_model_len=length,
        max_num_seqs=choice.rung.seqs,
        max_num_batched_tokens=choice.rung.batched,
        dtype=found.dtype,
        kv_cache_dtype=choice.cache,
        quantization=found.shape.quant.declared or None,
        utilization=request.utilization or f"0.{share.numerator * 1000 // share.denominator:03d}",
        claim=budget + base.context,
        tokens=kv.tokens(plan, blocks, length, flight, by_concurrency=by_concurrency) if plan else 0,
        full_requests=fits,
        enforce_eager=choice.eager,
        trades=found.notes + _trades(found, choice, start, fits),
        figures=figures(whole, setting(found, choice), kv_bytes),
        offload=choice.offload,
    )


def inflight(found: Problem, choice: Choice) -> int:
    """Tokens that may be scheduled at once, which a windowed layer must hold beside its window."""
    batches = int(calibration.value("inflight_batches", calibration.version(found.request.vllm_version)))
    return choice.rung.batched * (batches if found.request.pp == 1 or batches == 1 else found.request.pp + 1)


def _share(found: Problem, choice: Choice, *, grow: bool) -> Fraction:
    total = found.request.card_total
    if grow:
        return Fraction(thousandths(found.limit, total))
    return Fraction(-(-needed(found, choice, 1) * 1000 // total), 1000)


def _limit(found: Problem) -> int:
    if found.utilization is not None or found.limit <= 0:
        return found.limit
    return requested(found.request.card_total, Fraction(thousandths(found.limit, found.request.card_total)))


def setting(found: Problem, choice: Choice) -> Setting:
    """The knobs that memory depends on."""
    request = found.request
    return Setting(
        request.vllm_version,
        request.tp,
        request.pp,
        choice.rung.seqs,
        choice.rung.batched,
        found.width,
        choice.eager,
        request.task == "embed",
        found.billions,
        request.capability,
        found.measured,
        choice.offload,
    )


def fixed_parts(found: Problem, choice: Choice) -> Parts:
    """Everything but the KV cache."""
    return parts(found.shape, setting(found, choice), found.weights)


def cache_plan(found: Problem, choice: Choice, block: int = 0) -> kv.KvPlan | None:
    """How a rank's KV cache is cut; `block` is --block-size where it is given. None for a model without a cache."""
    request = found.request
    own = found.shape.quant.kv_cache if choice.cache == "auto" else ""
    cache = cache_type(own or choice.cache, request.vllm_version, found.width) or CacheType("auto", 8 * found.width)
    latent = found.shape.mla is not None and request.capability >= (9, 0)
    stage = -(-len(found.shape.layers) // request.pp)
    return kv.plan(found.shape, request.tp, cache, block or (LATENT_BLOCK if latent else BLOCK), found.width, stage)


def _trades(found: Problem, choice: Choice, start: Rung, fits: float) -> tuple[str, ...]:
    request, rung = found.request, choice.rung
    wanted = request.concurrency or 1
    larger = request.goal == "largest"
    said = (
        (larger and rung.seqs < start.seqs, f"max_num_seqs {start.seqs} -> {rung.seqs}"),
        (larger and rung.batched < start.batched, f"max_num_batched_tokens {start.batched} -> {rung.batched}"),
        (larger and choice.length < found.ceiling, f"context {tokens(found.ceiling)} -> {tokens(choice.length)}"),
        (larger and fits < wanted, f"the KV cache holds {fits:.1f} requests of full length at once, not {wanted}"),
        (choice.cache != (request.kv_cache_dtype or "auto"), f"kv_cache_dtype auto -> {choice.cache}"),
        (choice.eager and not request.enforce_eager, "enforce_eager: no CUDA graphs"),
        (choice.offload > 0, f"{gib(choice.offload)} of the weights stay in main memory: every token waits for them"),
    )
    return tuple(text for applies, text in said if applies)
