"""config.json to ModelShape: what each family's traps turn into, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dreamc.hub.config import from_config
from dreamc.hub.shape import ModelShape, Unmodelled
from dreamc.knowledge import shapes

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "hidden_size": 512,
    "intermediate_size": 1024,
    "vocab_size": 1000,
    "max_position_embeddings": 4096,
}


def shape(config: dict[str, Any]) -> ModelShape:
    found = from_config(config)
    assert isinstance(found, ModelShape), found
    return found


def row(repo: str) -> ModelShape:
    found = shapes.find(repo)
    assert found is not None
    return shape(dict(found.config))


def kinds(repo: str) -> list[str]:
    return [layer.kind for layer in row(repo).layers]


def test_head_dim_is_hidden_over_heads_unless_stated() -> None:
    assert shape(LLAMA).head_dim == 64
    assert shape({**LLAMA, "head_dim": 128}).head_dim == 128
    assert shape({**LLAMA, "head_dim": None}).head_dim == 64


def test_kv_heads_go_by_any_of_their_names_and_default_to_all_heads() -> None:
    plain = {key: value for key, value in LLAMA.items() if key != "num_key_value_heads"}
    assert shape(plain).kv_heads == 8
    assert shape({**plain, "multi_query_group_num": 2}).kv_heads == 2


def test_qwen25_ignores_its_sliding_window_key() -> None:
    config = {**LLAMA, "model_type": "qwen2", "sliding_window": 131072, "use_sliding_window": False}
    assert {layer.kind for layer in shape(config).layers} == {"full"}
    assert shape(config).qkv_bias
    assert not shape(config).o_bias


def test_mistral_applies_its_window_to_all_layers_and_null_means_full() -> None:
    assert set(kinds("mistralai/Mistral-7B-Instruct-v0.1")) == {"sliding"}
    assert set(kinds("mistralai/Mistral-7B-Instruct-v0.3")) == {"full"}


def test_gemma_patterns() -> None:
    gemma2, gemma3 = kinds("google/gemma-2-9b-it"), kinds("google/gemma-3-27b-it")
    assert (gemma2.count("sliding"), gemma2.count("full"), gemma2[0]) == (21, 21, "sliding")
    assert (gemma3.count("sliding"), gemma3.count("full"), gemma3[5]) == (52, 10, "full")
    assert not row("google/gemma-3-27b-it").fp16_ok


def test_gemma3_reads_what_its_published_config_leaves_out() -> None:
    published = {
        "model_type": "gemma3",
        "torch_dtype": "bfloat16",
        "text_config": {
            "model_type": "gemma3_text",
            "hidden_size": 2560,
            "intermediate_size": 10240,
            "num_hidden_layers": 34,
            "sliding_window": 1024,
        },
        "vision_config": {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 27,
            "patch_size": 14,
            "image_size": 896,
        },
    }
    found, table = shape(published), row("google/gemma-3-4b-it")
    assert (found.heads, found.kv_heads, found.head_dim, found.vocab) == (8, 4, 256, 262208)
    assert found.vision_parameters == table.vision_parameters > 400_000_000


def test_llama4_chunks_rope_layers_only() -> None:
    scout = kinds("meta-llama/Llama-4-Scout-17B-16E-Instruct")
    assert (scout.count("chunked"), scout.count("full"), scout[3]) == (36, 12, "full")


def test_qwen3_next_mixes_linear_and_full_attention() -> None:
    found = kinds("Qwen/Qwen3-Next-80B-A3B-Instruct")
    assert (found.count("linear"), found.count("full")) == (36, 12)


def test_deepseek_keeps_one_latent_head() -> None:
    layer = row("deepseek-ai/DeepSeek-V3").layers[0]
    assert (layer.kind, layer.kv_heads, layer.k_dim, layer.v_dim) == ("mla", 1, 576, 0)


def test_deepseek_has_three_dense_layers_and_one_shared_expert() -> None:
    routed = row("deepseek-ai/DeepSeek-V3").experts
    assert routed is not None
    assert (routed.count, routed.chosen, routed.shared_inter, min(routed.layers), len(routed.layers)) == (
        256,
        8,
        2048,
        3,
        58,
    )


def test_bge_m3_keeps_no_cache_and_loses_two_positions() -> None:
    found = row("BAAI/bge-m3")
    assert set(kinds("BAAI/bge-m3")) == {"none"}
    assert (found.max_len, len(found.layers), found.hidden, found.inter) == (8192, 24, 1024, 4096)


@pytest.mark.parametrize(
    ("scaling", "longest"),
    [
        ({"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 1024}, 4096),
        ({"type": "linear", "factor": 4.0}, 16384),
        ({"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096}, 163840),
    ],
)
def test_rope_scaling_lengthens_only_where_vllm_says_so(scaling: dict[str, Any], longest: int) -> None:
    assert shape({**LLAMA, "rope_scaling": scaling}).max_len == longest


@pytest.mark.parametrize("model_type", ["deepseek_v32", "deepseek_v4", "nemotron_h", "gemma3n", "jamba", "", "qwen3_5"])
def test_an_unknown_kind_of_model_is_refused_never_guessed(model_type: str) -> None:
    found = from_config({**LLAMA, "model_type": model_type})
    assert isinstance(found, Unmodelled)
    assert "not modelled" in found.reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 0),
        ("hidden_size", -1),
        ("num_attention_heads", "8"),
        ("vocab_size", None),
        ("intermediate_size", 1.5),
        ("num_hidden_layers", True),
        ("hidden_size", 511),
        ("max_position_embeddings", {}),
    ],
)
def test_an_impossible_size_is_a_reason_not_a_traceback(key: str, value: object) -> None:
    assert isinstance(from_config({**LLAMA, key: value}), Unmodelled)


def test_layer_types_must_match_the_layers() -> None:
    config = {**LLAMA, "model_type": "gpt_oss", "sliding_window": 128, "layer_types": ["full_attention"]}
    assert isinstance(from_config(config), Unmodelled)
    config["layer_types"] = ["full_attention"] * 3 + ["sparse_attention"]
    found = from_config(config)
    assert isinstance(found, Unmodelled)
    assert "sparse_attention" in found.reason


def test_a_shape_is_the_same_after_a_trip_through_json() -> None:
    found = shapes.find("Qwen/Qwen3-30B-A3B")
    assert found is not None
    assert shape(json.loads(json.dumps(dict(found.config)))) == row("Qwen/Qwen3-30B-A3B")
