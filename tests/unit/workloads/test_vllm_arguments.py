from __future__ import annotations

import pytest

from dreamc.knowledge.vllm import flag, vllm_versions
from dreamc.sizing.types import GIB, MIB
from dreamc.stack.types import Local
from dreamc.workloads.vllm_arguments import arguments
from tests.unit.backends.stacks import claim, fit, ollama, stack, vllm


def _options(local: Local, version: str = "0.33.0") -> dict[str, str]:
    words = arguments(stack(vllm=version), local)[1:]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def test_the_model_comes_first_because_the_option_for_it_is_going_away() -> None:
    words = arguments(stack(), vllm())
    assert words[0] == "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"
    assert not any(word.startswith("--model") for word in words)


def test_the_cache_is_pinned_in_bytes_and_the_share_is_given_beside_it() -> None:
    options = _options(vllm(size=fit(kv_cache_bytes=512 * MIB, utilization="0.443")))
    assert options["--kv-cache-memory-bytes"] == str(512 * MIB)
    assert options["--gpu-memory-utilization"] == "0.443"


def test_sizes_are_those_of_the_fit() -> None:
    options = _options(vllm(size=fit(max_model_len=8192, max_num_seqs=4, max_num_batched_tokens=1024)))
    assert options["--max-model-len"] == "8192"
    assert options["--max-num-seqs"] == "4"
    assert options["--max-num-batched-tokens"] == "1024"


def test_what_is_automatic_is_not_said() -> None:
    options = _options(vllm())
    assert not {"--kv-cache-dtype", "--quantization", "--enforce-eager", "--revision"} & set(options)


def test_what_was_traded_is_said() -> None:
    traded = fit(kv_cache_dtype="fp8", quantization="awq", enforce_eager=True, offload=5 * GIB)
    options = _options(vllm(size=traded, revision="abc123", tensor_parallel=2))
    assert options["--kv-cache-dtype"] == "fp8"
    assert options["--quantization"] == "awq"
    assert options["--enforce-eager"] == ""
    assert options["--cpu-offload-gb"] == "5"
    assert options["--revision"] == "abc123"
    assert options["--tensor-parallel-size"] == "2"


@pytest.mark.parametrize("version", vllm_versions())
def test_every_supported_version_knows_every_option_of_an_embedding_server(version: str) -> None:
    local = vllm(task="embed", size=fit(kv_cache_dtype="fp8", enforce_eager=True, offload=GIB), revision="main")
    assert all(flag(version, name) for name in _options(local, version))


def test_an_embedding_server_is_asked_for_in_the_words_that_outlived_task() -> None:
    options = _options(vllm(task="embed"))
    assert (options["--runner"], options["--convert"]) == ("pooling", "embed")
    assert "--task" not in options


def test_a_model_without_a_kv_cache_pins_none() -> None:
    assert "--kv-cache-memory-bytes" not in _options(vllm(task="embed", size=fit(kv_cache_bytes=0)))


def test_the_users_option_takes_the_place_of_ours() -> None:
    words = arguments(stack(), vllm(engine_args=(("max_num_seqs", 7),)))
    assert [word for word in words if word.startswith("--max-num-seqs")] == ["--max-num-seqs=7"]


def test_a_switch_can_be_turned_on_and_off_in_the_words_of_the_version() -> None:
    args = (("enable-prefix-caching", False), ("enable-auto-tool-choice", True))
    old, new = (arguments(stack(vllm=version), vllm(engine_args=args)) for version in ("0.19.1", "0.33.0"))
    assert "--no-enable-prefix-caching" in old
    assert "--enable-auto-tool-choice" in old
    assert "--disable-prefix-caching" in new


def test_a_list_keeps_its_words_apart() -> None:
    words = arguments(stack(), vllm(engine_args=(("served-model-name", ("quality", "other")),)))
    at = words.index("--served-model-name")
    assert words[at + 1 : at + 3] == ("quality", "other")


def test_an_option_that_the_version_lacks_is_never_emitted() -> None:
    with pytest.raises(KeyError, match="--swap-space"):
        arguments(stack(), vllm(engine_args=(("swap-space", 4),)))


def test_only_vllm_models_have_vllm_arguments() -> None:
    with pytest.raises(TypeError, match="fast"):
        arguments(stack(), ollama(size=claim()))


@pytest.mark.parametrize(
    ("version", "method", "said"),
    [("0.21.0", "awq", False), ("0.21.0", "fp8", True), ("0.24.0", "awq", True), ("0.33.0", "gptq", True)],
)
def test_a_method_is_not_named_where_that_keeps_vllm_from_its_faster_kernels(
    version: str, method: str, said: bool
) -> None:
    assert ("--quantization" in _options(vllm(size=fit(quantization=method)), version)) is said
