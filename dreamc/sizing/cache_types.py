"""Bytes of the KV cache's number types, and which of them a card can run."""

from __future__ import annotations

from msgspec import Struct

from dreamc.knowledge.vllm_capabilities import KvDtype, kv_dtypes

SAVING = ("fp8", "int8_per_token_head")


class CacheType(Struct, frozen=True):
    """``bits`` per value, and ``extra`` bytes of scales per token and head."""

    name: str
    bits: int
    extra: int = 0

    def bytes(self, values: int) -> int:
        """Bytes of ``values`` numbers of one token and head."""
        return values * self.bits // 8 + self.extra


def cache_type(name: str, version: str, width: int) -> CacheType | None:
    """A value of --kv-cache-dtype; "auto" and the model's own types take ``width`` bytes; None if unknown."""
    if name in ("auto", "bfloat16", "float16", "half"):
        return CacheType(name, 8 * width)
    known = _known(name, version)
    return CacheType(name, int(known.bytes_per_element * 8), known.scale_bytes) if known else None


def refusal(name: str, version: str, capability: tuple[int, int]) -> str:
    """Why this cache type does not run on such a card; empty when it does."""
    if name == "auto":
        return ""
    known = _known(name, version)
    if known is None:
        return f"vLLM {version} has no KV cache type {name!r}"
    if capability < known.min_capability:
        needed, has = ".".join(map(str, known.min_capability)), ".".join(map(str, capability))
        return f"the KV cache type {name} needs compute capability {needed}, the card has {has}"
    return ""


def saving(version: str, capability: tuple[int, int]) -> str | None:
    """The smaller cache type to trade for, where the card runs one."""
    return next((name for name in SAVING if not refusal(name, version, capability)), None)


def _known(name: str, version: str) -> KvDtype | None:
    return next((found for found in kv_dtypes(version) if found.name == name), None)
