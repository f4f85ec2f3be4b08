"""What a GGUF model takes on a card under Ollama, which runs llama.cpp's server."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dreamc.knowledge.ollama import OllamaModel
from dreamc.sizing import calibration
from dreamc.sizing.types import MIB, Confidence, Figure

CacheType = Literal["f16", "q8_0", "q4_0"]
PAD = 256


class GgufFacts(Struct, frozen=True):
    """A GGUF file: bytes of the file, and the shape in its header.

    ``context`` is the trained length (0: unknown); ``window_layers`` of the layers see only ``window`` tokens.
    ``kv_heads`` 0 is an encoder, which keeps no cache and makes no logits.
    """

    file_bytes: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    hidden: int
    vocab: int
    context: int = 0
    window: int = 0
    window_layers: int = 0


class OllamaClaim(Struct, frozen=True):
    """Bytes on the card of one loaded model; ``claim`` is the sum of the parts. ``context`` is tokens per request."""

    weights: int
    kv_cache: int
    compute: int
    overhead: int
    margin: int
    claim: int
    context: int
    parallel: int
    kv_type: CacheType
    figures: tuple[Figure, ...]


def facts_of(model: OllamaModel) -> GgufFacts:
    """The facts of a row of the Ollama table."""
    encoder = "embed" in model.abilities and model.kv_heads == model.heads
    return GgufFacts(
        model.file_bytes,
        model.layers,
        0 if encoder else model.kv_heads,
        model.key_length,
        model.value_length,
        model.hidden,
        model.vocab,
        model.context,
        model.window,
        model.window_layers,
    )


def claim(facts: GgufFacts, context: int, parallel: int = 1, kv_type: CacheType = "f16") -> OllamaClaim:
    """All layers on the GPU, ``context`` tokens for each of ``parallel`` requests, at most the model's own."""
    length = min(context, facts.context) if facts.context else context
    row = calibration.row("ollama")
    kv_cache, compute = kv_bytes(facts, length, parallel, kv_type), compute_bytes(facts, length, parallel)
    overhead = calibration.whole(row, "overhead_mib") * MIB
    source, spread = calibration.source(row), calibration.row("ollama_margin")
    sure: Confidence = "modelled"
    margin = int(calibration.whole(spread, "fixed_mib") * MIB + calibration.real(spread, sure) * compute)
    figures = (
        Figure("weights", facts.file_bytes, "modelled", "size of the GGUF file, with its input embedding"),
        Figure("kv_cache", kv_cache, "exact", "ggml-org/llama.cpp src/llama-kv-cache.cpp"),
        Figure("compute", compute, sure, "ggml-org/llama.cpp: logits and attention mask of one micro-batch"),
        Figure("overhead", overhead, "calibrated", source),
        Figure("margin", margin, "assumed", calibration.source(spread)),
    )
    total = facts.file_bytes + kv_cache + compute + overhead + margin
    return OllamaClaim(facts.file_bytes, kv_cache, compute, overhead, margin, total, length, parallel, kv_type, figures)


def kv_bytes(facts: GgufFacts, context: int, parallel: int, kv_type: CacheType) -> int:
    """Keys and values of every layer; llama.cpp pads a context to 256 tokens, and keeps only a layer's window."""
    row = next(row for row in calibration.rows("ollama_cache_bytes") if row["type"] == kv_type)
    cells = _padded(context) * parallel
    windowed = min(cells, _padded(facts.window * parallel + _batch(context)))
    held = (facts.layers - facts.window_layers) * cells + facts.window_layers * windowed
    values = held * facts.kv_heads * (facts.key_length + facts.value_length)
    return values * calibration.whole(row, "block_bytes") // calibration.whole(row, "block_values")


def compute_bytes(facts: GgufFacts, context: int, parallel: int) -> int:
    """Logits and hidden states of one micro-batch in 32 bits, and its attention mask in 16, with flash attention.

    Qwen2.5-7B at a micro-batch of 512: 297 of about 305 MiB are logits.
    """
    batch = _batch(context)
    logits = facts.vocab if facts.kv_heads else 0
    return batch * (logits + facts.hidden) * 4 + _padded(context) * parallel * batch * 2


def _batch(context: int) -> int:
    row = next(row for row in calibration.rows("ollama_ubatch") if context <= calibration.whole(row, "max_context"))
    return calibration.whole(row, "value")


def _padded(tokens: int) -> int:
    return -(-tokens // PAD) * PAD
