"""What a card cannot do, said before any arithmetic."""

from __future__ import annotations

import pytest

from dreamc.sizing import gates
from tests.unit.sizing.asks import (
    ADA,
    AMPERE,
    CODER_7B_AWQ,
    HOPPER,
    LLAMA_8B,
    TURING,
    ask,
    fitted,
    refused,
    shape,
)


def test_turing_serves_in_half() -> None:
    assert fitted(ask("Qwen/Qwen2.5-7B-Instruct", 23.5, TURING, 4096)).dtype == "float16"
    assert fitted(ask("Qwen/Qwen2.5-7B-Instruct", 23.5, AMPERE, 4096)).dtype == "bfloat16"


def test_bfloat16_on_turing_is_refused_with_the_remedy() -> None:
    found = refused(ask("Qwen/Qwen2.5-7B-Instruct", 23.5, TURING, 4096, dtype="bfloat16"))
    assert (found.kind, found.options) == ("capability", ("dtype: half",))


@pytest.mark.parametrize("repo", ["google/gemma-2-2b-it", "google/gemma-3-4b-it"])
def test_gemma_must_not_run_in_half(repo: str) -> None:
    assert "float16" in refused(ask(repo, 23.5, TURING, 4096)).reason
    assert refused(ask(repo, 23.5, AMPERE, 4096, dtype="half")).kind == "capability"
    assert fitted(ask(repo, 23.5, AMPERE, 4096)).dtype == "bfloat16"


def test_gpt_oss_does_not_run_on_turing() -> None:
    assert refused(ask("openai/gpt-oss-20b", 23.5, TURING, 4096)).kind == "capability"


def test_fp8_checkpoints_need_ampere_before_0_16_and_turing_after() -> None:
    repo = "RedHatAI/Qwen2.5-7B-Instruct-fp8-dynamic"
    assert refused(ask("Qwen/Qwen3-8B-FP8", 23.5, TURING, 4096, vllm_version="0.13.0")).kind == "capability"
    assert fitted(ask("Qwen/Qwen3-8B-FP8", 23.5, TURING, 4096)).quantization == "fp8"
    assert fitted(ask(repo, 23.5, ADA, 4096)).quantization == "compressed-tensors"


def test_fp8_cache_is_refused_on_turing() -> None:
    found = refused(ask(CODER_7B_AWQ, 15.6, TURING, 4096, kv_cache_dtype="fp8"))
    assert (found.kind, found.options) == ("capability", ("kv_cache_dtype: auto",))


def test_volta_is_not_in_the_wheels_of_today() -> None:
    assert "7.0" in refused(ask(CODER_7B_AWQ, 15.6, (7, 0), 4096)).reason


def test_bitsandbytes_left_vllm() -> None:
    found = refused(ask(LLAMA_8B, 23.6, AMPERE, 4096, quantization="bitsandbytes"))
    assert found.options == ("the package vllm-bnb-plugin",)
    assert (
        fitted(ask(LLAMA_8B, 23.6, AMPERE, 4096, quantization="bitsandbytes", vllm_version="0.21.0")).weights
        < 6 * 2**30
    )


def test_fp8_on_loading_halves_the_weights() -> None:
    plain, online = (fitted(ask(LLAMA_8B, 44.3, ADA, 4096, quantization=name)) for name in (None, "fp8"))
    assert online.weights < 0.6 * plain.weights
    assert online.quantization == "fp8"


def test_the_names_that_vllm_uses_for_the_same_kernels_are_accepted() -> None:
    for name in ("awq", "awq_marlin", "auto_awq"):
        assert fitted(ask(CODER_7B_AWQ, 15.6, ADA, 4096, quantization=name)).quantization == "awq"


@pytest.mark.parametrize(
    ("repo", "tp", "word"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", 8, "attention heads"),
        ("Qwen/Qwen3-14B", 5, "KV heads"),
        ("Qwen/Qwen3-30B-A3B-FP8", 4, "groups"),
        ("Qwen/Qwen2.5-7B-Instruct", 0, "at least 1"),
    ],
)
def test_splits_that_vllm_rejects(repo: str, tp: int, word: str) -> None:
    found = gates.parallelism(shape(repo), tp)
    assert found is not None
    assert word in found.reason


def test_kv_heads_may_be_replicated() -> None:
    assert gates.parallelism(shape("Qwen/Qwen3-30B-A3B"), 8) is None
    assert fitted(ask("deepseek-ai/DeepSeek-V3", 139.81, HOPPER, 32768, tp=8)).quantization == "fp8"
