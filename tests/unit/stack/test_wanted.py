from __future__ import annotations

import pytest

from dreamc.stack.wanted import FLOOR, CloudOnly, Wanted, wanted
from tests.unit.stack.files import BOX, HEAD, dream, inputs

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 16,
    "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256,
    "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "head_dim": 64,
}  # fmt: skip


def asked(settings: str, **configs: dict[str, object]) -> tuple[tuple[Wanted, ...], tuple[CloudOnly, ...], list[str]]:
    text = f"{HEAD}{BOX}models: {{m: {{{settings}}}}}\n"
    models, remote, findings = wanted(dream(text), inputs(configs={f"{key}.json": one for key, one in configs.items()}))
    return models, remote, [one.code for one in findings]


def test_the_engine_follows_the_source() -> None:
    assert asked('source: "ollama:qwen2.5-coder:3b"')[0][0].engine == "ollama"
    assert asked('source: "hf:Qwen/Qwen2.5-7B-Instruct"')[0][0].engine == "vllm"


@pytest.mark.parametrize(
    ("settings", "floor", "ceiling"),
    [
        ('source: "ollama:qwen2.5-coder:3b"', FLOOR, FLOOR),
        ('source: "hf:Qwen/Qwen2.5-7B-Instruct"', FLOOR, 32768),
        ('source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 8k', 8192, 8192),
        ('source: "hf:Qwen/Qwen2.5-7B-Instruct", context: 8k..128k', 8192, 32768),
        ('source: "hf:BAAI/bge-base-en-v1.5", task: embed', 512, 512),
    ],
)
def test_the_range_of_the_context(settings: str, floor: int, ceiling: int) -> None:
    (one,), _, codes = asked(settings)
    assert (one.floor, one.ceiling, codes) == (floor, ceiling, [])


def test_a_revision_is_kept_apart_from_the_repository() -> None:
    (one,), _, _ = asked('source: "hf:Qwen/Qwen2.5-7B-Instruct@a09a354"')
    assert (one.source, one.revision) == ("Qwen/Qwen2.5-7B-Instruct", "a09a354")


def test_a_model_that_is_switched_off_is_not_even_looked_at() -> None:
    assert asked('source: "hf:nobody/nothing", enabled: false') == ((), (), [])


@pytest.mark.parametrize("tag", ["qwen3-coder:480b-cloud", "glm-4.6:cloud", "made-up:9t-cloud"])
def test_a_cloud_tag_is_told_from_a_local_one(tag: str) -> None:
    models, remote, codes = asked(f'source: "ollama:{tag}"')
    assert (models, [one.tag for one in remote], codes) == ((), [tag], [])


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('source: "hf:nobody/nothing"', "DRM611"),
        ('source: "ollama:nothing:7b"', "DRM612"),
        ('source: "hf:nobody/odd", config: odd.json', "DRM305"),
        ('source: "hf:BAAI/bge-m3"', "DRM209"),
        ('source: "ollama:nomic-embed-text:v1.5"', "DRM209"),
        ('source: "ollama:qwen2.5-coder:3b", context: 64k', "DRM304"),
    ],
)
def test_what_cannot_be_sized_is_refused_and_never_guessed(settings: str, code: str) -> None:
    assert asked(settings, odd={"model_type": "mamba2"})[2] == [code]


def test_an_own_config_takes_the_place_of_the_table() -> None:
    (one,), _, codes = asked('source: "hf:nobody/mine", config: own.json', own=LLAMA)
    assert (codes, one.limit) == ([], 131072)
    (one,), _, codes = asked('source: "ollama:mine:1b", config: own.json, weights: 1.3 GiB', own=LLAMA)
    assert (codes, one.engine) == ([], "ollama")


def test_a_stated_file_size_takes_the_place_of_the_tables() -> None:
    (one,), _, codes = asked('source: "ollama:llama3.2:3b", weights: 9 GiB')
    assert one.facts is not None
    assert (one.facts.file_bytes, codes) == (9 * 2**30, [])


def test_a_config_of_ones_own_takes_the_place_of_a_known_tags_shape() -> None:
    (one,), _, codes = asked('source: "ollama:llama3.2:3b", config: llama.json', llama=LLAMA)
    assert one.facts is not None
    assert (one.facts.layers, codes) == (16, [])
