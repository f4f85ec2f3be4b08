"""What an Ollama model takes of a card at a given context, and the longest context that it has there."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from dreamc.knowledge.ollama import nearest_ollama_tags, ollama_model
from dreamc.sizing.band import Total, band, least_sure
from dreamc.sizing.ollama import CacheType, GgufFacts, OllamaClaim, claim, facts_of, kv_bytes
from dreamc.sizing.ollama_fit import largest
from dreamc.sizing.started import Unasked
from dreamc.sizing.types import Confidence, Refusal
from dreamc.sizing.units import gib, tokens

TYPES: tuple[CacheType, ...] = get_args(CacheType)
FIELDS = ("id", "model", "gpu", "tensor_parallel", "max_model_len", "max_num_seqs", "kv_cache_dtype")
"""Of a question, those that mean something to Ollama."""
LEAST = 2048
"""Tokens of the shortest context that is worth serving, where none is asked."""


class GgufReport(Struct, frozen=True):
    """Bytes per GPU. ``caches`` are those of each type at this context; ``available`` is what the card has for the
    cache; ``longest`` is the longest context that fits, 0 where none does. ``refusal`` is empty where it fits."""

    refusal: str
    size: OllamaClaim
    caches: dict[str, int]
    available: int
    tokens: int
    longest: int
    band: tuple[int, int]
    confidence: Confidence


def report(tag: str, total: Total, length: int | None, parallel: int, kv_type: str, gpus: int) -> GgufReport | Unasked:
    """The report of `ollama:TAG`; without a length, of the longest context that fits."""
    model = ollama_model(tag)
    if model is None:
        near = " or ".join(nearest_ollama_tags(tag))
        return Unasked("unmodelled", f"the table has no Ollama tag {tag}" + (f"; like it: {near}" if near else ""))
    kind = next((one for one in TYPES if one == ("f16" if kv_type == "auto" else kv_type)), None)
    if kind is None:
        return Unasked("refused", f"Ollama has no KV cache of the type {kv_type}; it has {', '.join(TYPES)}")
    facts = facts_of(model)
    most = facts.context or 2**20
    found = largest(facts, total.low, min(LEAST, most), most, parallel, kind, gpus)
    longest = 0 if isinstance(found, Refusal) else found.context
    asked = length or longest or min(LEAST, most)
    if length is not None and facts.context and length > facts.context:
        return Unasked("refused", f"a context of {tokens(length)} is asked, the model's own is {tokens(facts.context)}")
    return _report(facts, total, claim(facts, asked, parallel, kind), longest, gpus)


def _report(facts: GgufFacts, total: Total, size: OllamaClaim, longest: int, gpus: int) -> GgufReport:
    each = -(-(size.claim - size.overhead) // gpus) + size.overhead
    rest = each - size.kv_cache // gpus
    available = total.low - rest
    short = each - total.low
    taken = tuple(part for part in size.figures if part.name not in ("kv_cache", "margin"))
    per_token = kv_bytes(facts, size.context, size.parallel, size.kv_type) / max(1, size.context * size.parallel)
    return GgufReport(
        refusal="" if short <= 0 else f"{gib(total.low)} are there, {gib(each)} are needed at {tokens(size.context)}",
        size=size,
        caches={kind: kv_bytes(facts, size.context, size.parallel, kind) // gpus for kind in TYPES},
        available=available,
        tokens=int(max(0, available) * gpus / per_token) if per_token else 0,
        longest=longest,
        band=band(available, taken, total, 1.0),
        confidence=least_sure(taken),
    )
