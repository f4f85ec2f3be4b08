"""Arguments of one vLLM server as somebody gives them, with that version's own defaults where none are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import Struct

from dreamc.hub.config import from_config
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape, Unmodelled
from dreamc.knowledge import shapes
from dreamc.knowledge.gpus import gpu, nearest_gpus
from dreamc.knowledge.vllm import NEWEST
from dreamc.knowledge.vllm_capabilities import EngineDefaults, engine_defaults, quantization_methods
from dreamc.sizing.band import Total
from dreamc.sizing.boot import Start
from dreamc.sizing.types import GIB, FitRequest

AUTO_FROM = (0, 16)
"""--max-model-len auto (vLLM 0.33.0 v1/core/kv_cache_planning.py:1337)."""
OF_CAPABILITY = {(8, 0): "a100", (12, 1): "gb10"}
"""Cards that vLLM's defaults know by name (engine/arg_utils.py:2940-3039), by the capability that only they have."""

MOST = 2**40
"""No number in a config.json comes near it."""


class Arguments(Struct, frozen=True):
    """None is not given. ``share`` and ``capability`` are texts such as "0.9" and "8.9"; ``total_gib`` is what CUDA
    reports; ``pool`` is bytes of KV cache; ``length`` may be "auto"."""

    model: str | None = None
    config: Mapping[str, object] | None = None
    gpu: str | None = None
    total_gib: float | None = None
    capability: str | None = None
    tp: int = 1
    pp: int = 1
    share: str | None = None
    pool: int | None = None
    length: int | Literal["auto"] | None = None
    seqs: int | None = None
    batched: int | None = None
    dtype: str | None = None
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    eager: bool = False
    block: int = 0
    version: str | None = None


class Unasked(Struct, frozen=True):
    """A question that cannot be asked of the arithmetic, and why."""

    verdict: Literal["refused", "unmodelled"]
    reason: str


class CardFacts(Struct, frozen=True):
    """What the arithmetic needs of a card."""

    name: str
    total: Total
    capability: tuple[int, int]


def start(given: Arguments, shape: ModelShape | Unasked | None = None) -> Start | Unasked:
    """The arguments, complete. ``shape`` is the model's where it is known already."""
    version = _version(given.version)
    if isinstance(version, Unasked):
        return version
    shape = shape or model(given.model, given.config)
    if isinstance(shape, Unasked):
        return shape
    card = card_of(given)
    if isinstance(card, Unasked):
        return card
    if given.quantization is not None and not _known(given.quantization):
        return Unasked("unmodelled", f"the quantization {given.quantization} is not modelled")
    wrong = _wrong(given, version)
    return Unasked("refused", wrong) if wrong else _start(given, shape, card, version)


def model(name: str | None, config: Mapping[str, object] | None) -> ModelShape | Unasked:
    """The shape of a config.json, or of a repository of the table."""
    if config is not None:
        found = _of_config(msgspec.json.encode(config))
    elif name is None:
        return Unasked("refused", 'name a model of the table, or give its config.json as "config"')
    else:
        known = shape_of(name)
        if known is None:
            near = " or ".join(shapes.nearest(name, 2))
            return Unasked("unmodelled", f'the table has no model {name}; like it: {near}. Or give its "config"')
        found = known
    if isinstance(found, Unmodelled):
        return Unasked("unmodelled", found.reason)
    return Unasked("unmodelled", "a size in the config is beyond that of any model") if _beyond(found) else found


def _beyond(shape: ModelShape) -> bool:
    numbers = [shape.hidden, shape.inter, shape.vocab, shape.heads, shape.kv_heads, shape.head_dim, shape.max_len]
    numbers += [shape.experts.count, shape.experts.inter] if shape.experts else []
    return max(numbers) > MOST


@lru_cache(maxsize=256)
def _of_config(text: bytes) -> ModelShape | Unmodelled:
    return from_config(msgspec.json.decode(text))


def _start(given: Arguments, shape: ModelShape, card: CardFacts, version: str) -> Start:
    defaults = engine_defaults(version, card.total.low / GIB, card.name)
    length = shape.max_len if given.length is None or given.length == "auto" else given.length
    seqs, batched = _steps(given, defaults, shape, length)
    request = FitRequest(
        shape=shape,
        card_total=card.total.low,
        budget=card.total.low,
        capability=card.capability,
        vllm_version=version,
        context_floor=length,
        context_ceiling=length,
        tp=given.tp,
        pp=given.pp,
        dtype=given.dtype,
        quantization=given.quantization,
        kv_cache_dtype=given.kv_cache_dtype,
        task="embed" if shape.encoder else "generate",
        enforce_eager=given.eager,
        max_num_seqs=seqs,
        max_num_batched_tokens=batched,
        last_resorts=False,
    )
    share = Fraction(Decimal(given.share or str(defaults.gpu_memory_utilization)))
    return Start(request, card.total, share, given.pool, given.block, given.length == "auto")


def _steps(given: Arguments, defaults: EngineDefaults, shape: ModelShape, length: int) -> tuple[int, int]:
    """Sequences and batched tokens: the defaults are bounded by each other and by the length
    (vLLM 0.33.0 engine/arg_utils.py:2940-3039). An encoder reads a prompt in one step."""
    seqs = given.seqs or defaults.max_num_seqs
    batched = max(defaults.max_num_batched_tokens, length) if shape.encoder else defaults.max_num_batched_tokens
    batched = given.batched or min(batched, seqs * length)
    return given.seqs or min(seqs, batched), batched


def _wrong(given: Arguments, version: str) -> str:
    if isinstance(given.length, int) and given.length < 1:
        return f"max_model_len {given.length} is not a length"
    if given.length == "auto" and tuple(map(int, version.split(".")[:2])) < AUTO_FROM:
        return f"vLLM {version} does not choose max_model_len itself"
    return ""


def _known(quantization: str) -> bool:
    name = quantization.removeprefix("auto_")
    return name in quantization_methods()


def _version(text: str | None) -> str | Unasked:
    if text is None:
        return NEWEST
    found = re.match(r"v?(\d{1,4}\.\d{1,4}(?:\.\d{1,4})*)", text.strip())
    if found is None:
        return Unasked("refused", f"{text!r} is not a vLLM version such as {NEWEST}")
    try:
        engine_defaults(found[1], 1)
    except KeyError:
        return Unasked("unmodelled", f"vLLM {found[1]} is older than what is modelled, which begins with 0.10")
    return found[1]


def card_of(given: Arguments) -> CardFacts | Unasked:
    """The card that is named or described."""
    if given.total_gib is not None and given.capability is not None:
        found = re.fullmatch(r"(\d{1,2})\.(\d)", given.capability)
        if found is None:
            return Unasked("refused", f"compute_capability {given.capability} is not one such as 8.9")
        has, total = (int(found[1]), int(found[2])), int(given.total_gib * GIB)
        return CardFacts(OF_CAPABILITY.get(has, ""), Total(total, total), has)
    if given.gpu is None:
        return Unasked("refused", 'name a gpu, or give {"total_gib", "compute_capability"}')
    return named(given.gpu)


def named(name: str) -> CardFacts | Unasked:
    """A card of the table."""
    card = gpu(name)
    if card is None:
        near = " or ".join(nearest_gpus(name))
        like = f"; like it: {near}" if near else ""
        return Unasked(
            "unmodelled", f'the table has no GPU {name}{like}. Or give {{"total_gib", "compute_capability"}}'
        )
    low, high = int(card.visible_gib * GIB), int(card.visible_high_gib * GIB)
    return CardFacts(card.name, Total(low, high, card.confidence == "measured"), card.capability)
