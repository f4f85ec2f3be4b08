"""Weights per rank and KV capacity against what vLLM 0.32.0's own model code answered for the shipped shapes.

The answers were taken once, on the CPU and without weights: models on torch's meta device under fake tensor parallel
groups, 16-token blocks, 24 GiB of cache, 2,048 batched tokens. Combinations that vLLM refuses are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dreamc.hub.shape import ModelShape
from dreamc.sizing import gates, kv
from dreamc.sizing.cache_types import CacheType
from dreamc.sizing.weights import rank_weights
from tests.unit.sizing.asks import gib, shape

ANSWERS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("vllm_0_32_oracle.json").read_text(encoding="utf-8")
)
# The CPU build loads these though the widths do not divide into quantisation groups; GPUs refuse them, and so do we.
UNALIGNED = [row for row in ANSWERS if row["tp"] == 2 and "0.5B" in row["repo"] and "-Instruct-" in row["repo"]]
INFLIGHT = 4096


def name(row: dict[str, Any]) -> str:
    return f"{row['repo']}-tp{row['tp']}"


def cpu_like(repo: str) -> ModelShape:
    """The CPU build keeps recurrent states in 32 bits."""
    found = shape(repo)
    return replace(
        found,
        layers=tuple(
            replace(layer, state=replace(layer.state, state_width=4)) if layer.state else layer
            for layer in found.layers
        ),
    )


@pytest.mark.parametrize("row", [row for row in ANSWERS if row not in UNALIGNED], ids=name)
def test_weights_per_rank_are_exact(row: dict[str, Any]) -> None:
    assert rank_weights(shape(row["repo"]), row["tp"]) == row["weight_bytes"]


@pytest.mark.parametrize("row", [row for row in ANSWERS if row["capacity"]], ids=name)
def test_blocks_tokens_and_full_requests_are_exact(row: dict[str, Any]) -> None:
    plan = kv.plan(cpu_like(row["repo"]), row["tp"], CacheType("auto", 16))
    assert plan is not None
    blocks = gib(24) // plan.bytes_per_block
    got = [
        [
            length,
            blocks,
            float(kv.full_requests(plan, blocks, length, INFLIGHT)),
            kv.tokens(plan, blocks, length, INFLIGHT, by_concurrency=True),
        ]
        for length, *_ in row["capacity"]
    ]
    assert got == row["capacity"]


@pytest.mark.parametrize("row", [row for row in ANSWERS if row not in UNALIGNED], ids=name)
def test_what_vllm_builds_passes_our_divisibility_rules(row: dict[str, Any]) -> None:
    assert gates.parallelism(shape(row["repo"]), row["tp"]) is None


def test_widths_that_do_not_divide_into_groups_are_refused() -> None:
    assert UNALIGNED
    assert all(gates.parallelism(shape(row["repo"]), row["tp"]) for row in UNALIGNED)
