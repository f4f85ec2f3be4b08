"""Sizing against vLLM 0.32's own code over the table of shapes, and against a real server of a tiny model.

`make oracle` installs vLLM for the CPU and sets DREAMC_ORACLE to its Python; without it all of this is skipped.
With UPDATE=1 the answers that the unit tests read are written anew.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dreamc.hub.config import from_config
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.sizing import gates, kv
from dreamc.sizing.cache_types import CacheType
from dreamc.sizing.weights import rank_weights
from tests.oracle import tiny
from tests.oracle.ours import BATCHED, LENGTHS, POOL, capacity, unaligned
from tests.oracle.server import cache_of, served

PYTHON = os.environ.get("DREAMC_ORACLE", "")
HERE = Path(__file__).parent
COMMITTED = HERE.parent / "unit" / "sizing" / "vllm_0_32_oracle.json"
SPLITS = (1, 2, 4, 8)
# What the CPU build cannot load though a GPU can: kernels that it lacks, and vision towers without torchvision.
ONLY_ON_GPUS = ("Failed to find a kernel", "Marlin does not support", "failed to be inspected", "MXFP4")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="DREAMC_ORACLE names no Python with vLLM (make oracle)"),
]


def modelled() -> dict[str, ModelShape]:
    """Every model of the table whose shape is known."""
    found = {name: from_config(shapes.find(name).config) for name in shapes.names()}  # type: ignore[union-attr]
    return {name: shape for name, shape in found.items() if isinstance(shape, ModelShape)}


def complete(name: str, shape: ModelShape) -> dict[str, Any]:
    """config.json with keys that the table leaves out because no size depends on them."""
    row = shapes.find(name)
    assert row is not None
    config = {"position_embedding_type": "absolute", **row.config} if shape.encoder else dict(row.config)
    scaling = config.get("rope_scaling")
    if isinstance(scaling, dict):
        ones = [1.0] * (shape.rope.dim // 2)
        kind = scaling.get("rope_type", scaling.get("type"))
        missing: dict[str, Any] = {"long_factor": ones, "short_factor": ones} if kind == "longrope" else {}
        missing |= {"beta_fast": 32.0, "beta_slow": 1.0} if kind == "yarn" else {}
        config["rope_scaling"] = {**missing, **scaling}
    return config


def questions() -> str:
    """One line per model and split."""
    asked = [
        {
            "repo": name,
            "config": complete(name, shape),
            "tp": tp,
            "build_at": min(LENGTHS[0], shape.max_len),
            "lengths": LENGTHS,
            "pool": POOL,
            "batched": max(BATCHED, shape.max_len) if shape.encoder else BATCHED,
        }
        for name, shape in modelled().items()
        for tp in SPLITS
    ]
    return "".join(f"{json.dumps(question)}\n" for question in asked)


@cache
def answers() -> dict[tuple[str, int], dict[str, Any]]:
    """What vLLM says to all of them, asked once."""
    world = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [PYTHON, str(HERE / "driver.py")],
        input=questions(),
        env={**os.environ, **world, "VLLM_TARGET_DEVICE": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    said = {(row["repo"], row["tp"]): row for row in map(json.loads, done.stdout.splitlines())}
    if os.environ.get("UPDATE"):
        kept = [row for row in said.values() if "weight_bytes" in row]
        lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in kept)
        COMMITTED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return said


@pytest.mark.parametrize("tp", SPLITS)
@pytest.mark.parametrize("name", modelled() if PYTHON else ("the table",))
def test_a_shape_weighs_and_holds_what_vllm_says(name: str, tp: int) -> None:
    said, shape = answers()[name, tp], modelled()[name]
    refusal = gates.parallelism(shape, tp)
    if "refused" in said:
        if any(text in said["refused"] for text in ONLY_ON_GPUS):
            pytest.skip(f"the CPU build cannot load it: {said['refused'][:80]}")
        assert refusal is not None, said["refused"]
        return
    if refusal is not None:
        assert unaligned(shape, tp), refusal.reason
        return
    assert rank_weights(shape, tp) == said["weight_bytes"]
    assert said["capacity"] == [capacity(shape, tp, length) for length in LENGTHS if said["capacity"]]


# layers, heads, KV heads, head size; bytes, block size, length
SERVERS = [
    ((2, 4, 2, 32), 64 * 2**20, 128, 512),
    ((3, 4, 1, 64), 10_000_000, 32, 1000),
    ((2, 2, 2, 32), 2**30, 64, 4096),
]


@pytest.mark.parametrize(("model", "pool", "block", "length"), SERVERS)
def test_a_real_server_reports_the_blocks_tokens_and_requests_that_we_predict(
    model: tuple[int, int, int, int], pool: int, block: int, length: int, tmp_path: Path
) -> None:
    config = tiny.config(*model)
    tiny.write(tmp_path, config)
    shape = from_config(config)
    assert isinstance(shape, ModelShape)
    plan = kv.plan(shape, 1, CacheType("auto", 16), block)
    assert plan is not None
    blocks = pool // plan.bytes_per_block
    options = ("--max-model-len", str(length), "--kv-cache-memory-bytes", str(pool), "--block-size", str(block))
    with served(PYTHON, tmp_path, options) as url:
        said = cache_of(url)
    assert int(said["num_gpu_blocks"]) == blocks
    assert int(said["kv_cache_size_tokens"]) == kv.tokens(plan, blocks, length, 0, by_concurrency=True)
    assert float(said["kv_cache_max_concurrency"]) == float(kv.full_requests(plan, blocks, length, 0))
