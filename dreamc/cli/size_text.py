"""The answers of `dreamc size` as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.cli.size_asked import Asked, Found
from dreamc.sizing.bar import bar
from dreamc.sizing.ledger import Card, Entry, Ledger
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import GIB, Figure, Fit, Refusal
from dreamc.sizing.units import gib, tokens

WIDTH = 60
PARTS = {
    "weights": "parameters",
    "rope": "rotary cache",
    "activation": "peak of the profile run",
    "buffers": "kept by the runner",
    "graphs": "CUDA graphs",
    "non_torch": "kernels and collectives",
    "kv_cache": "keys and values",
    "margin": "left free",
    "context": "gone before vLLM looks",
    "compute": "logits and mask of a batch",
    "overhead": "CUDA context",
}


def on(asked: Asked, found: Found) -> str:
    """One card: the parts with confidence and source, the bar, what it holds; or why not, and what would."""
    return "\n".join((_title(asked, found), "", *_body(asked, found)))


def everywhere(asked: Asked, rows: tuple[Found, ...]) -> str:
    """A line per card."""
    head = f"{'card':<17} {'GiB':>6}  {'context':>8}  {'at once':>7}  {'full requests':>13}  {'takes':>9}"
    title = f"{asked.model}, {_engine(asked)}, {asked.gpus} of each: the longest context in {_range(asked)}"
    return "\n".join((title, "", head, *(_row(row) for row in rows)))


def _title(asked: Asked, found: Found) -> str:
    many = f"{found.gpus} x " if found.gpus > 1 else ""
    sure = "" if found.measured else ", assumed"
    return (
        f"{asked.model} on {many}{found.gpu} ({found.total / GIB:.2f} GiB visible to CUDA{sure}), {_engine(asked)}, "
        f"context {_range(asked)}"
    )


def _engine(asked: Asked) -> str:
    return "Ollama" if asked.facts else f"vLLM {asked.vllm}"


def _range(asked: Asked) -> str:
    low, high = asked.context.floor, asked.context.ceiling
    return tokens(low) if low == high else f"{tokens(low)}..{tokens(high)}"


def _body(asked: Asked, found: Found) -> Iterator[str]:
    match found.answer:
        case Refusal() as refusal:
            yield from _refusal(refusal)
        case Fit() as fit:
            yield from _picture(found, fit.figures)
            yield from _fit(fit)
        case OllamaClaim() as claim:
            yield from _picture(found, _split(claim, asked.gpus))
            yield f"context {claim.context:,} for each of {claim.parallel} at once, KV cache in {claim.kv_type}"


def _picture(found: Found, figures: tuple[Figure, ...]) -> Iterator[str]:
    """The bar with a line per part, and where each figure comes from."""
    there = [one for one in figures if one.bytes]
    entries = tuple(Entry(one.name, PARTS[one.name], one.bytes, confidence=one.confidence) for one in there)
    yield bar(Ledger(Card(found.gpu, found.total), entries), WIDTH)
    yield ""
    yield "sources"
    yield from (f"  {one.name}: {one.source}" for one in there)
    yield ""


def _split(claim: OllamaClaim, gpus: int) -> tuple[Figure, ...]:
    """Every card holds its share of the layers, and the whole of what each process needs."""
    return tuple(
        one if one.name == "overhead" else Figure(one.name, -(-one.bytes // gpus), one.confidence, one.source)
        for one in claim.figures
    )


def _fit(fit: Fit) -> Iterator[str]:
    yield (
        f"context {fit.max_model_len:,}, {fit.max_num_seqs} at once, {fit.max_num_batched_tokens:,} batched tokens, "
        f"{fit.dtype}"
    )
    if fit.tokens:
        each = fit.kv_bytes_per_token / 1024
        yield (
            f"KV cache {fit.kv_cache_dtype}: {fit.num_blocks:,} blocks, {fit.tokens:,} tokens ({each:.0f} KiB each), "
            f"{fit.full_requests:.2f} requests of full length"
        )
    for trade in fit.trades:
        yield f"traded: {trade}"
    yield "pass: " + " ".join(_flags(fit))


def _flags(fit: Fit) -> Iterator[str]:
    yield f"--max-model-len {fit.max_model_len} --max-num-seqs {fit.max_num_seqs}"
    yield f"--max-num-batched-tokens {fit.max_num_batched_tokens} --gpu-memory-utilization {fit.utilization}"
    if fit.kv_cache_bytes:
        yield f"--kv-cache-memory-bytes {fit.kv_cache_bytes}"
    if fit.kv_cache_dtype != "auto":
        yield f"--kv-cache-dtype {fit.kv_cache_dtype}"
    if fit.enforce_eager:
        yield "--enforce-eager"


def _refusal(refusal: Refusal) -> Iterator[str]:
    yield f"does not fit: {refusal.reason}" if refusal.kind == "memory" else f"does not go: {refusal.reason}"
    if refusal.deficit > 0:
        yield f"missing: {gib(refusal.deficit)} per GPU"
    for option in refusal.options:
        yield f"would do: {option}"


def _row(row: Found) -> str:
    head = f"{row.gpu:<17} {row.total / GIB:>6.1f}"
    match row.answer:
        case Fit() as fit:
            full = f"{fit.full_requests:.1f}" if fit.tokens else "-"
            return f"{head}  {fit.max_model_len:>8,}  {fit.max_num_seqs:>7}  {full:>13}  {gib(fit.claim):>9}"
        case OllamaClaim() as claim:
            return f"{head}  {claim.context:>8,}  {claim.parallel:>7}  {claim.parallel:>13}  {gib(claim.claim):>9}"
        case refusal:
            missing = f"{gib(refusal.deficit)} missing" if refusal.deficit > 0 else refusal.reason
            return f"{head}  no: {missing}"
