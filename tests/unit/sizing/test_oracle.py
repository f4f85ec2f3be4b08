"""Weights per rank and KV capacity against what vLLM 0.32.0's own model code answered for the shipped shapes.

The answers were taken once, on the CPU and without weights: models on torch's meta device under fake tensor parallel
groups, 16-token blocks, 24 GiB of cache, 2,048 batched tokens. Combinations that vLLM refuses are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dreamc.sizing import gates
from dreamc.sizing.weights import rank_weights
from tests.oracle.ours import capacity, unaligned
from tests.unit.sizing.asks import shape

ANSWERS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("vllm_0_32_oracle.json").read_text(encoding="utf-8")
)
UNALIGNED = [row for row in ANSWERS if unaligned(shape(row["repo"]), row["tp"])]
ALIGNED = [row for row in ANSWERS if row not in UNALIGNED]


def name(row: dict[str, Any]) -> str:
    return f"{row['repo']}-tp{row['tp']}"


@pytest.mark.parametrize("row", ALIGNED, ids=name)
def test_weights_per_rank_are_exact(row: dict[str, Any]) -> None:
    assert rank_weights(shape(row["repo"]), row["tp"]) == row["weight_bytes"]


@pytest.mark.parametrize("row", [row for row in ALIGNED if row["capacity"]], ids=name)
def test_blocks_tokens_and_full_requests_are_exact(row: dict[str, Any]) -> None:
    assert [capacity(shape(row["repo"]), row["tp"], length) for length, *_ in row["capacity"]] == row["capacity"]


@pytest.mark.parametrize("row", ALIGNED, ids=name)
def test_what_vllm_builds_passes_our_divisibility_rules(row: dict[str, Any]) -> None:
    assert gates.parallelism(shape(row["repo"]), row["tp"]) is None


def test_only_quantised_shards_that_do_not_divide_into_groups_are_refused() -> None:
    assert UNALIGNED
    assert all(shape(row["repo"]).quant.method in ("awq", "gptq", "w4a16", "fp8_block") for row in UNALIGNED)
