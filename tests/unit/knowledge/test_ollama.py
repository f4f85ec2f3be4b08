"""Tags of the Ollama library, here and in its cloud."""

from __future__ import annotations

import pytest

from dreamc.knowledge.ollama import (
    cloud_tag,
    cloud_tags,
    is_cloud_tag,
    nearest_ollama_tags,
    ollama_model,
    ollama_tags,
)

BITS = {"Q4_0": (4.3, 5.3), "Q4_K_M": (4.6, 6.6), "Q8_0": (8.3, 8.9), "F16": (15.5, 17), "MXFP4": (4.2, 5.6)}


@pytest.mark.parametrize(
    "tag",
    ["qwen2.5-coder:7b", "qwen2.5-coder:3b", "llama3.1:8b", "phi3:mini", "llama3:8b", "mixtral:8x7b", "codestral:22b"],
)
def test_the_tags_of_the_examples_are_known(tag: str) -> None:
    found = ollama_model(tag)
    assert found is not None
    assert found.tag == tag


def test_a_bare_name_means_latest_and_latest_means_a_size() -> None:
    bare, latest, size = ollama_model("llama3.1"), ollama_model("llama3.1:latest"), ollama_model("llama3.1:8b")
    assert bare is not None
    assert latest is not None
    assert size is not None
    assert bare == latest
    assert (bare.tag, bare.file_bytes) == ("llama3.1:latest", size.file_bytes)


@pytest.mark.parametrize("tag", ollama_tags())
def test_a_file_is_as_large_as_its_parameters_and_quantization_say(tag: str) -> None:
    found = ollama_model(tag)
    assert found is not None
    low, high = BITS[found.quantization]
    assert low <= found.file_bytes * 8 / (found.params_b * 1e9) <= high


@pytest.mark.parametrize("tag", ollama_tags())
def test_a_shape_is_consistent(tag: str) -> None:
    found = ollama_model(tag)
    assert found is not None
    assert found.heads % found.kv_heads == 0
    assert found.window_layers < found.layers
    assert bool(found.window) == bool(found.window_layers)
    assert found.window < found.context
    assert set(found.abilities) <= {"tools", "vision", "reasoning", "embed"}
    assert not is_cloud_tag(tag)


def test_kv_cache_of_llama_is_128_kib_a_token() -> None:
    found = ollama_model("llama3.1:8b")
    assert found is not None
    assert found.layers * found.kv_heads * (found.key_length + found.value_length) * 2 == 128 * 1024


def test_a_cloud_tag_is_cloud_though_its_url_is_local() -> None:
    assert is_cloud_tag("gpt-oss:120b-cloud")
    assert is_cloud_tag("glm-4.6:cloud")
    assert not is_cloud_tag("gpt-oss:120b")
    assert ollama_model("deepseek-v3.1:671b-cloud") is None


@pytest.mark.parametrize("tag", cloud_tags())
def test_a_cloud_tag_says_what_it_would_take_and_what_runs_here(tag: str) -> None:
    found = cloud_tag(tag)
    assert found is not None
    assert is_cloud_tag(tag)
    assert found.gib_at_4bit == pytest.approx(found.params_b * 1e9 / 2 / 2**30, abs=0.1)
    for alternative in found.alternatives:
        kind, _, name = alternative.partition(":")
        assert kind in ("ollama", "hf")
        assert kind == "hf" or ollama_model(name) is not None


def test_the_seed_alternatives_are_offered() -> None:
    deepseek, coder = cloud_tag("deepseek-v3.1:671b-cloud"), cloud_tag("qwen3-coder:480b-cloud")
    assert deepseek is not None
    assert deepseek.alternatives[0] == "hf:TheBloke/deepseek-coder-6.7B-instruct-AWQ"
    assert coder is not None
    assert coder.alternatives[0] == "hf:Qwen/Qwen2.5-Coder-14B-Instruct-AWQ"


def test_a_misspelt_tag_gets_the_right_suggestion() -> None:
    assert nearest_ollama_tags("qwen2.5-codr:7b")[0] == "qwen2.5-coder:7b"
    assert nearest_ollama_tags("deepseek-v3.1:671b")[0] == "deepseek-v3.1:671b-cloud"
