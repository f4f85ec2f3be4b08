"""One line of JSON that asks what vLLM would report, and the line that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from dreamc.knowledge.nearest import nearest
from dreamc.sizing.boot import Boot, boot
from dreamc.sizing.gguf_report import FIELDS, report
from dreamc.sizing.started import Arguments, Unasked, card_of, start
from dreamc.sizing.types import GIB, Confidence, Refusal, RefusalKind

Verdict = Literal["fits", "refused", "unmodelled"]
UNMODELLED: tuple[RefusalKind, ...] = ("unmodelled",)


class CardLine(Struct, frozen=True):
    """A card by its figures: GiB as CUDA reports them, and "9.0", 9.0 or [9, 0]."""

    total_gib: Annotated[float, Meta(gt=0, le=100_000)]
    compute_capability: str | float | tuple[int, int]


class Answer(Struct, frozen=True):
    """A line out: GiB (2^30 bytes) per rank, null where it could not be worked out.

    ``weights_gib`` are the rank's parameters, to the byte where ``confidence`` allows; ``non_torch_gib`` is all else
    that stays: kernels, buffers of collectives, rotary caches, buffers of the runner. ``cuda_graph_gib`` is taken from
    the budget since vLLM 0.20. ``estimated_max_model_len`` is the longest request that the pool holds, at most the
    model's own. For an Ollama model ``activation_gib`` is the compute buffer, ``non_torch_gib`` the CUDA context, and
    ``kv_cache_gib`` the KV cache at this context by its type; without ``max_model_len`` it is the longest that fits.
    """

    id: object
    verdict: Verdict
    reason: str = ""
    weights_gib: float | None = None
    activation_gib: float | None = None
    non_torch_gib: float | None = None
    cuda_graph_gib: float | None = None
    available_kv_gib: float | None = None
    num_gpu_blocks: int | None = None
    kv_cache_tokens: int | None = None
    max_concurrency: float | None = None
    estimated_max_model_len: int | None = None
    band_gib: tuple[float, float] | None = None
    confidence: Confidence | None = None
    kv_cache_gib: dict[str, float] | UnsetType = UNSET


def answer_line(line: str | bytes) -> bytes:
    """The answer as one line of JSON without its newline; a line that cannot be read is answered as such."""
    return msgspec.json.encode(_read(line))


def _read(line: str | bytes) -> Answer:
    try:
        given = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Answer(None, "refused", f"this is not a line of JSON: {error}")
    if not isinstance(given, dict):
        return Answer(None, "refused", "a question is a JSON object")
    return answer(given)


def answer(given: Mapping[str, object]) -> Answer:
    """The answer to one question, whatever stands in it."""
    name = given.get("id")
    try:
        asked = msgspec.convert({key: value for key, value in given.items() if value is not None}, Line)
        gguf = asked.model is not None and asked.model.startswith(OLLAMA)
        return _gguf(name, asked, given) if gguf else _answered(name, asked, _unread(given, KNOWN))
    except msgspec.ValidationError as error:
        return Answer(name, "refused", str(error).replace("`$.", "`"))
    except (OverflowError, RecursionError):
        return Answer(name, "unmodelled", "a size in it is beyond that of any model")


class Line(Struct, frozen=True):
    """A line in; what is not given takes the default of that vLLM version."""

    model: str | None = None
    config: dict[str, object] | None = None
    gpu: str | CardLine | None = None
    tensor_parallel: Annotated[int, Meta(ge=1, le=4096)] = 1
    pipeline_parallel: Annotated[int, Meta(ge=1, le=4096)] = 1
    gpu_memory_utilization: Annotated[float, Meta(gt=0, le=1)] | None = None
    kv_cache_memory_bytes: Annotated[int, Meta(ge=1, le=2**60)] | None = None
    max_model_len: Annotated[int, Meta(ge=-1, le=2**40)] | Literal["auto"] | None = None
    max_num_seqs: Annotated[int, Meta(ge=1, le=2**30)] | None = None
    max_num_batched_tokens: Annotated[int, Meta(ge=1, le=2**40)] | None = None
    dtype: str | None = None
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    enforce_eager: bool = False
    block_size: Annotated[int, Meta(ge=1, le=2**20)] | None = None
    vllm_version: str | None = None


KNOWN = ("id", *Line.__struct_fields__)
OLLAMA = "ollama:"


def _answered(name: object, line: Line, unread: str) -> Answer:
    found = start(_arguments(line))
    if isinstance(found, Unasked):
        return Answer(name, found.verdict, found.reason)
    report = boot(found)
    if isinstance(report, Refusal):
        kind: Verdict = "unmodelled" if report.kind in UNMODELLED else "refused"
        return Answer(name, kind, report.reason)
    return _told(name, report, unread)


def _told(name: object, found: Boot, unread: str) -> Answer:
    low, high = found.band
    return Answer(
        id=name,
        verdict="refused" if found.refusal else "fits",
        reason="; ".join(part for part in (found.refusal, found.note, unread) if part),
        weights_gib=found.weights / GIB,
        activation_gib=found.activation / GIB,
        non_torch_gib=found.resident / GIB,
        cuda_graph_gib=found.graphs / GIB,
        available_kv_gib=found.available / GIB,
        num_gpu_blocks=found.blocks,
        kv_cache_tokens=found.tokens,
        max_concurrency=found.requests,
        estimated_max_model_len=found.longest,
        band_gib=(low / GIB, high / GIB),
        confidence=found.confidence,
    )


def _gguf(name: object, line: Line, given: Mapping[str, object]) -> Answer:
    """The answer for an Ollama tag."""
    card = card_of(_arguments(line))
    if isinstance(card, Unasked):
        return Answer(name, card.verdict, card.reason)
    length = line.max_model_len if isinstance(line.max_model_len, int) and line.max_model_len != -1 else None
    if length is not None and length < 1:
        return Answer(name, "refused", f"max_model_len {length} is not a length")
    tag, kind = (line.model or "").removeprefix(OLLAMA), line.kv_cache_dtype or "auto"
    found = report(tag, card.total, length, line.max_num_seqs or 1, kind, line.tensor_parallel)
    if isinstance(found, Unasked):
        return Answer(name, found.verdict, found.reason)
    size, (low, high) = found.size, found.band
    return Answer(
        id=name,
        verdict="refused" if found.refusal else "fits",
        reason="; ".join(part for part in (found.refusal, _unread(given, FIELDS)) if part),
        weights_gib=size.weights / line.tensor_parallel / GIB,
        activation_gib=size.compute / line.tensor_parallel / GIB,
        non_torch_gib=size.overhead / GIB,
        available_kv_gib=found.available / GIB,
        kv_cache_tokens=found.tokens,
        max_concurrency=found.tokens / size.context,
        estimated_max_model_len=found.longest,
        band_gib=(low / GIB, high / GIB),
        confidence=found.confidence,
        kv_cache_gib={kind: bytes_ / GIB for kind, bytes_ in found.caches.items()},
    )


def _arguments(line: Line) -> Arguments:
    card = line.gpu
    return Arguments(
        model=line.model,
        config=line.config,
        gpu=card if isinstance(card, str) else None,
        total_gib=card.total_gib if isinstance(card, CardLine) else None,
        capability=_capability(card.compute_capability) if isinstance(card, CardLine) else None,
        tp=line.tensor_parallel,
        pp=line.pipeline_parallel,
        share=None if line.gpu_memory_utilization is None else str(line.gpu_memory_utilization),
        pool=line.kv_cache_memory_bytes,
        length="auto" if line.max_model_len in ("auto", -1) else line.max_model_len,
        seqs=line.max_num_seqs,
        batched=line.max_num_batched_tokens,
        dtype=line.dtype,
        quantization=line.quantization,
        kv_cache_dtype=line.kv_cache_dtype,
        eager=line.enforce_eager,
        block=line.block_size or 0,
        version=line.vllm_version,
    )


def _capability(given: str | float | tuple[int, int]) -> str:
    return ".".join(map(str, given)) if isinstance(given, tuple) else str(given)


def _unread(given: Mapping[str, object], known: tuple[str, ...]) -> str:
    """Names that mean nothing here, said so that a misspelt one is not taken for a default."""
    strange = sorted(key for key in given if key not in known)
    said = (f"{key} (did you mean {near[0]}?)" if (near := nearest(key, known, 1)) else key for key in strange)
    return f"not read: {', '.join(said)}" if strange else ""
