"""What runs on which card in which version."""

from __future__ import annotations

import pytest

from dreamc.knowledge.gpus import gpu
from dreamc.knowledge.vllm import flags, vllm_versions
from dreamc.knowledge.vllm_capabilities import (
    engine_defaults,
    kv_dtypes,
    quantization,
    quantization_methods,
    release,
    wheel_runs_on,
)


@pytest.mark.parametrize(
    ("version", "method", "least"),
    [
        ("0.13.0", "awq_marlin", (8, 0)),
        ("0.16.0", "awq_marlin", (7, 5)),
        ("0.33.0", "awq", (7, 5)),
        ("0.33.0", "mxfp4", (8, 0)),
        ("0.13.0", "fp8", (8, 0)),
        ("0.33.0", "fp8", (7, 5)),
        ("0.21.0", "gguf", (6, 0)),
    ],
)
def test_the_least_card_of_a_format_depends_on_the_version(version: str, method: str, least: tuple[int, int]) -> None:
    found = quantization(version, method)
    assert found is not None
    assert found.min_capability == least


def test_a_format_that_left_vllm_names_its_plugin() -> None:
    gguf = quantization("0.33.0", "gguf")
    assert gguf is not None
    assert (gguf.min_capability, gguf.plugin) == (None, "vllm-gguf-plugin")
    bnb = quantization("0.24.0", "bitsandbytes")
    assert bnb is not None
    assert bnb.min_capability == (7, 0)
    assert bnb.plugin == ""
    assert quantization("0.33.0", "awk") is None


def test_every_method_answers_for_every_version() -> None:
    for version in vllm_versions():
        assert all(quantization(version, method) for method in quantization_methods())


def test_turing_gets_an_eight_bit_cache_only_from_0_20_on() -> None:
    def small(version: str) -> set[str]:
        return {
            kind.name for kind in kv_dtypes(version) if kind.min_capability <= (7, 5) and kind.bytes_per_element < 2
        }

    assert small("0.19.1") == set()
    assert small("0.20.2") == {"int8_per_token_head"}


@pytest.mark.parametrize("version", [v for v in vllm_versions() if flags(v)["--kv-cache-dtype"].choices])
def test_every_cache_type_of_the_table_is_one_of_the_parser(version: str) -> None:
    assert {kind.name for kind in kv_dtypes(version)} <= set(flags(version)["--kv-cache-dtype"].choices or ())


@pytest.mark.parametrize(
    ("version", "card", "expected"),
    [
        ("0.33.0", "rtx-4070", (0.92, 256, 2048)),
        ("0.33.0", "h100", (0.92, 1024, 8192)),
        ("0.33.0", "a100-80gb", (0.92, 256, 2048)),
        ("0.33.0", "b200", (0.92, 1024, 16384)),
        ("0.24.0", "b200", (0.92, 1024, 8192)),
        ("0.33.0", "gb10", (0.92, 256, 2048)),
        ("0.19.1", "h100", (0.9, 1024, 8192)),
        ("0.10.2", "t4", (0.9, 256, 2048)),
    ],
)
def test_defaults_follow_version_and_card(version: str, card: str, expected: tuple[float, int, int]) -> None:
    found = gpu(card)
    assert found is not None
    got = engine_defaults(version, found.visible_gib, card)
    assert (got.gpu_memory_utilization, got.max_num_seqs, got.max_num_batched_tokens) == expected


def test_a_version_older_than_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        engine_defaults("0.8.5", 24.0)


def test_volta_is_out_and_every_later_card_is_in() -> None:
    assert not wheel_runs_on("0.33.0", (7, 0))
    assert wheel_runs_on("0.19.1", (7, 0))
    assert all(wheel_runs_on("0.33.0", card) for card in ((7, 5), (8, 6), (8, 9), (9, 0), (10, 3), (12, 1)))
    assert not wheel_runs_on("0.99.0", (8, 9))


def test_gemma_on_float16_is_known_to_be_refused() -> None:
    newest = release("0.33.0")
    assert newest is not None
    assert "gemma3" in newest.fp16_forbidden
    assert newest.bf16_min_capability == (8, 0)
    assert (newest.cuda, newest.min_driver) == ("13.0", "580.65")
