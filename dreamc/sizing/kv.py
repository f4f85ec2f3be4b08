"""KV cache of one rank as vLLM counts it: pages, groups of layers, blocks, tokens, full-length requests."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from dreamc.hub.shape import LayerKV, ModelShape
from dreamc.sizing.cache_types import CacheType


class Group(Struct, frozen=True):
    """Layers that share block tables: one layer's cache and the tokens that one of its blocks holds."""

    layer: LayerKV
    block_size: int


class KvPlan(Struct, frozen=True):
    """How a rank's KV cache is cut. ``bytes_per_block`` spans all layers of one group."""

    groups: tuple[Group, ...]
    bytes_per_block: int
    block_size: int


def plan(
    shape: ModelShape, tp: int, cache: CacheType, block_size: int = 16, width: int = 2, stage: int | None = None
) -> KvPlan | None:
    """None for a model without a cache (vLLM 0.33.0 v1/core/kv_cache_planning.py:411-605, :1113-1200).

    ``stage`` is how many layers the rank has, where a pipeline splits them.
    """
    cached = tuple(layer for layer in shape.layers[:stage] if layer.kind != "none")
    if not cached:
        return None
    kinds = _counts(cached)
    block = _attention_block(shape, tp, cache, block_size, width)
    # A stage may hold linear layers alone; their pages are as large as those of the others.
    paged = [layer for layer in kinds if layer.state is None] or [one for one in shape.layers if one.state is None]
    page = max(page_bytes(layer, tp, cache, block) for layer in paged)
    if len(kinds) == 1:
        return KvPlan((Group(cached[0], block),), page * len(cached), block)
    size = _group_size(tuple(kinds.values()))
    groups = tuple(Group(layer, block) for layer, count in kinds.items() for _ in range(-(-count // size)))
    return KvPlan(groups, page * size, block)


def page_bytes(layer: LayerKV, tp: int, cache: CacheType, block_size: int) -> int:
    """One layer's bytes in one block of ``block_size`` tokens (vLLM 0.33.0 v1/kv_cache_interface.py:593)."""
    if layer.kind == "mla":
        return block_size * cache.bytes(layer.k_dim)
    return block_size * max(1, layer.kv_heads // tp) * cache.bytes(layer.k_dim + layer.v_dim)


def request_blocks(plan: KvPlan, length: int, inflight: int) -> int:
    """Blocks of one request of ``length`` tokens, over all groups; ``inflight`` tokens may be scheduled at once."""
    return sum(_blocks(group, length, inflight) for group in plan.groups)


def full_requests(plan: KvPlan, blocks: int, length: int, inflight: int) -> Fraction:
    """How many requests of ``length`` the blocks hold (vLLM 0.33.0 v1/core/kv_cache_utils.py:1061)."""
    return Fraction(blocks, request_blocks(plan, length, inflight))


def tokens(plan: KvPlan, blocks: int, length: int, inflight: int, *, by_concurrency: bool) -> int:
    """The "GPU KV cache size" that vLLM reports; before 0.20 it was blocks / groups x block size."""
    if not by_concurrency:
        return blocks // len(plan.groups) * plan.block_size
    return int(full_requests(plan, blocks, length, inflight) * length)


def bytes_per_token(plan: KvPlan) -> int:
    """What one more token of a long request costs: windowed layers and fixed states no longer grow."""
    growing = sum(1 for group in plan.groups if group.layer.kind in ("full", "mla")) or len(plan.groups)
    return -(-plan.bytes_per_block * growing // plan.block_size)


def _blocks(group: Group, length: int, inflight: int) -> int:
    layer = group.layer
    if layer.kind == "linear":
        return 2  # prefix caching keeps a second state (vLLM 0.33.0 v1/kv_cache_interface.py:1135)
    if layer.kind == "sliding":
        return -(-min(layer.window - 1 + inflight, length) // group.block_size) + 1
    held = min(layer.window + inflight, length) if layer.kind == "chunked" else length
    return -(-held // group.block_size)


def _counts(layers: tuple[LayerKV, ...]) -> dict[LayerKV, int]:
    counts: dict[LayerKV, int] = {}
    for layer in layers:
        counts[layer] = counts.get(layer, 0) + 1
    return counts


def _group_size(counts: tuple[int, ...]) -> int:
    return max(counts) if 2 * max(counts) < 3 * min(counts) else min(counts)


def _attention_block(shape: ModelShape, tp: int, cache: CacheType, block_size: int, width: int) -> int:
    """Hybrids grow the attention block to the size of the recurrent state (platforms/interface.py:947)."""
    state = next((layer.state for layer in shape.layers if layer.state is not None), None)
    attention = next((layer for layer in shape.layers if layer.state is None and layer.kind != "none"), None)
    if state is None or attention is None:
        return block_size
    keys, values = state.key_dim * state.key_heads, state.value_dim * state.value_heads
    convolution = (2 * keys + values) // tp * (state.kernel - 1) * width
    recurrent = state.value_heads // tp * state.value_dim * state.key_dim * state.state_width
    per_token = page_bytes(attention, tp, cache, 1)
    return block_size * -(-(convolution + recurrent) // (block_size * per_token))
