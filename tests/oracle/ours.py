"""Our answers in the form of the driver's."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dreamc.hub.shape import ModelShape
from dreamc.sizing import gates, kv
from dreamc.sizing.cache_types import CacheType
from dreamc.sizing.types import GIB

LENGTHS, POOL, BATCHED = (2048, 4096, 8192, 32768), 24 * GIB, 2048
# Asynchronous scheduling holds two batches.
INFLIGHT = 2 * BATCHED


def unaligned(shape: ModelShape, tp: int) -> bool:
    """Whether shards do not divide into quantisation groups: GPUs refuse that, and so do we; the CPU build loads it."""
    refusal = gates.parallelism(shape, tp)
    return refusal is not None and "quantisation groups" in refusal.reason


def capacity(shape: ModelShape, tp: int, length: int) -> list[Any]:
    """[length, blocks, requests of that length, tokens] of the pool, or that it does not fit.

    The CPU build keeps recurrent states in 32 bits.
    """
    layers = tuple(
        replace(layer, state=replace(layer.state, state_width=4)) if layer.state else layer for layer in shape.layers
    )
    plan = kv.plan(replace(shape, layers=layers), tp, CacheType("auto", 16))
    assert plan is not None
    blocks = POOL // plan.bytes_per_block
    if kv.request_blocks(plan, length, INFLIGHT) + 1 > blocks:
        return [length, "does not fit"]
    requests = float(kv.full_requests(plan, blocks, length, INFLIGHT))
    return [length, blocks, requests, kv.tokens(plan, blocks, length, INFLIGHT, by_concurrency=True)]
