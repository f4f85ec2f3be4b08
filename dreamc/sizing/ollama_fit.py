"""The longest context at which an Ollama model stands on a card."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.ollama import PAD, CacheType, GgufFacts, OllamaClaim, claim
from dreamc.sizing.types import Refusal
from dreamc.sizing.units import gib, tokens


def largest(
    facts: GgufFacts, card: int, floor: int, ceiling: int, parallel: int = 1, kv_type: CacheType = "f16", gpus: int = 1
) -> OllamaClaim | Refusal:
    """The claim on each of ``gpus`` cards of ``card`` bytes, at the longest context in [floor, ceiling] that fits."""

    def at(length: int) -> OllamaClaim:
        whole = claim(facts, length, parallel, kv_type)
        return replace(whole, claim=-(-(whole.claim - whole.overhead) // gpus) + whole.overhead)

    if facts.context and floor > facts.context:
        return Refusal("context", f"a context of {tokens(floor)} is asked, the model's own is {tokens(facts.context)}")
    least = at(floor)
    if least.claim > card:
        each = " on each of them" if gpus > 1 else ""
        reason = f"{gib(card)} are there, {gib(least.claim)} are needed{each} at a context of {tokens(floor)}"
        return Refusal("memory", reason, least.claim - card)
    low, high = floor // PAD, ceiling // PAD
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if at(middle * PAD).claim <= card else (low, middle - 1)
    return at(max(floor, low * PAD))
