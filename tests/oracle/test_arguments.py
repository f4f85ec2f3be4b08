"""Every vLLM command line of the examples goes through vLLM's own parser, which must understand it as it was meant."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dreamc.backends.emit import emit
from dreamc.compiler import Request, resolve
from dreamc.sizing.types import GIB, Fit
from tests.oracle.test_against_vllm import PYTHON

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/dream.yaml"))

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="DREAMC_ORACLE names no Python with vLLM (make oracle)"),
]


def asked(lines: list[list[str]]) -> list[dict[str, Any]]:
    """What the parser says to each."""
    world = {"VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_TARGET_DEVICE": "cpu"}
    done = subprocess.run(
        [PYTHON, str(HERE / "arguments.py")],
        input="".join(f"{json.dumps(words)}\n" for words in lines),
        env={**os.environ, **world},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def files(name: str) -> tuple[dict[str, list[str]], dict[str, Fit]]:
    """The words of every `config/vllm/*.args` of an example, and the size that each comes from."""
    path = EXAMPLES / name / "dream.yaml"
    stack = resolve(Request(path, None, {}, date(2026, 11, 20))).stack
    assert stack is not None
    words = {
        Path(one.path).stem: one.text.splitlines()
        for bundle in emit(stack)
        for one in bundle.artifacts
        if one.path.startswith("config/vllm/") and one.path.endswith(".args")
    }
    sizes = {
        each.service.removeprefix("vllm-"): local.size
        for local in stack.locals
        for each in local.instances
        if isinstance(local.size, Fit)
    }
    return words, sizes


@cache
def understood() -> dict[tuple[str, str], dict[str, Any]]:
    """What the parser says to every command line of every example, asked once."""
    lines = {(name, service): words for name in NAMES for service, words in files(name)[0].items()}
    return dict(zip(lines, asked(list(lines.values())), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_emitted_command_lines_mean_to_vllm_what_was_sized(name: str) -> None:
    words, sizes = files(name)
    for service in words:
        said, size = understood()[name, service], sizes[service]
        assert "refused" not in said, said
        assert said["max_model_len"] == size.max_model_len
        assert (said["max_num_seqs"], said["max_num_batched_tokens"]) == (
            size.max_num_seqs,
            size.max_num_batched_tokens,
        )
        assert said["gpu_memory_utilization"] == float(size.utilization)
        assert (said["kv_cache_memory_bytes"] or 0) == size.kv_cache_bytes
        assert said["enforce_eager"] is size.enforce_eager


def test_the_examples_start_vllm() -> None:
    assert sum(len(files(name)[0]) for name in NAMES) >= 4


def test_a_command_line_with_a_word_that_vllm_does_not_have_is_refused() -> None:
    good = ["org/model", "--max-model-len=8192", "--cpu-offload-gb=5"]
    understood, refused = asked([good, [*good, "--max-modell-len=8192"]])
    assert understood["cpu_offload_gb"] * GIB == 5 * GIB
    assert "unrecognized arguments" in refused["refused"]
