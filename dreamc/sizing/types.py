"""What is asked of the sizing and what it answers. All sizes are bytes per GPU unless a name says otherwise."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dreamc.hub.shape import ModelShape

Confidence = Literal["exact", "calibrated", "modelled", "assumed"]
CONFIDENCES: tuple[Confidence, ...] = ("exact", "calibrated", "modelled", "assumed")
"""From the surest."""
Task = Literal["generate", "embed"]
Goal = Literal["largest", "smallest"]
RefusalKind = Literal["memory", "capability", "parallelism", "context", "unmodelled", "request"]

GIB = 2**30
MIB = 2**20


class CardOption(Struct, frozen=True):
    """A card that could be proposed instead: CUDA-visible bytes and compute capability. ``host`` has it already."""

    name: str
    total: int
    capability: tuple[int, int]
    host: str = ""


class VariantOption(Struct, frozen=True):
    """Another model that could be proposed instead, such as a quantised build of the same weights."""

    name: str
    shape: ModelShape


class Measured(Struct, frozen=True):
    """What a start-up log said of one architecture on one kind of card. Bytes per GPU; None where it did not say.

    ``weights`` hold the rotary caches. ``taken`` is all that was taken from
    vLLM's budget before the KV cache, where the log does not split it. The log was written with ``seqs`` sequences and
    ``batched`` tokens; ``vllm`` is major and minor, such as "0.33"; ``checked`` is a day.
    """

    architecture: str
    model: str
    gpu: str
    vllm: str
    tp: int
    seqs: int
    batched: int
    eager: bool
    source: str
    checked: str
    weights: int | None = None
    activation: int | None = None
    non_torch: int | None = None
    graphs: int | None = None
    taken: int | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        """One row for each: architecture, card, version and split."""
        return (self.architecture, self.gpu, self.vllm, self.tp)


class FitRequest(Struct, frozen=True):
    """One vLLM instance on ``tp`` cards of one kind.

    ``card_total`` is what CUDA reports; ``budget`` is what this instance may take of it, CUDA context included.
    ``concurrency`` is the number of requests in flight (max_num_seqs); None means not stated.
    ``max_num_seqs``, ``max_num_batched_tokens`` and ``utilization`` are fixed by the user where not None.
    ``utilization`` is a text such as "0.45". ``last_resorts`` allows a smaller KV type and eager mode, to reach the
    floor only.
    ``cards`` and ``variants`` only serve the options of a refusal. ``measured`` are rows of the user's own logs, of
    which those of ``gpu``, the card's name, count. ``offload`` is how many bytes of weights may stay in main memory.
    """

    shape: ModelShape
    card_total: int
    budget: int
    capability: tuple[int, int]
    vllm_version: str
    context_floor: int
    context_ceiling: int
    concurrency: int | None = None
    tp: int = 1
    pp: int = 1
    dtype: str | None = None
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    task: Task = "generate"
    enforce_eager: bool = False
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    utilization: str | None = None
    goal: Goal = "largest"
    last_resorts: bool = True
    cards: tuple[CardOption, ...] = ()
    variants: tuple[VariantOption, ...] = ()
    gpu: str = ""
    measured: tuple[Measured, ...] = ()
    offload: int = 0


class Figure(Struct, frozen=True):
    """One number, how sure it is, and where its formula comes from."""

    name: str
    bytes: int
    confidence: Confidence
    source: str


class Fit(Struct, frozen=True):
    """What to pass to vLLM and what the card will hold. ``claim`` is the sum of all parts, CUDA context included.

    ``tokens`` is the capacity of the KV cache, ``full_requests`` how many requests of ``max_model_len`` it holds
    (vLLM's "maximum concurrency"); ``max_num_seqs`` is how many may be in flight.
    """

    weights: int
    rope: int
    activation: int
    buffers: int
    graphs: int
    non_torch: int
    context: int
    margin: int
    kv_bytes_per_token: int
    kv_cache_bytes: int
    num_blocks: int
    block_size: int
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    dtype: str
    kv_cache_dtype: str
    quantization: str | None
    utilization: str
    claim: int
    tokens: int
    full_requests: float
    enforce_eager: bool
    trades: tuple[str, ...]
    figures: tuple[Figure, ...]
    offload: int = 0

    @property
    def concurrency(self) -> float:
        """Requests of full length that the KV cache holds at once."""
        return self.full_requests


class Refusal(Struct, frozen=True):
    """Why it does not go, how many bytes per GPU are missing (0 if memory is not the cause), and what would go."""

    kind: RefusalKind
    reason: str
    deficit: int = 0
    options: tuple[str, ...] = ()
