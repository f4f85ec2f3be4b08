"""A line of JSON in, a line out: what vLLM would report if started with these arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.knowledge import shapes
from dreamc.knowledge.vllm import vllm_versions
from dreamc.sizing.question import Answer, answer_line
from dreamc.sizing.types import GIB
from dreamc.sizing.weights import rank_weights
from tests.unit.sizing.asks import LLAMA_8B, QWEN_7B_AWQ, shape

H100 = {"total_gib": 79.19, "compute_capability": "9.0"}


def asked(**question: Any) -> dict[str, Any]:
    """The answer to a question about Llama 3.1 8B on an RTX 4090, or what is said otherwise."""
    line = {"model": LLAMA_8B, "gpu": "rtx-4090", **question}
    found: dict[str, Any] = json.loads(answer_line(json.dumps(line)))
    return found


def test_the_answer_has_exactly_the_names_that_machines_read() -> None:
    names = [
        "id", "verdict", "reason", "weights_gib", "activation_gib", "non_torch_gib", "cuda_graph_gib",
        "available_kv_gib", "num_gpu_blocks", "kv_cache_tokens", "max_concurrency", "estimated_max_model_len",
        "band_gib", "confidence",
    ]  # fmt: skip
    assert list(asked()) == names
    assert list(asked(gpu="nothing")) == names


def test_an_ollama_tag_is_answered_with_its_parts() -> None:
    found = asked(model="ollama:llama3.1:8b", gpu="rtx-4070", max_model_len=8192, kv_cache_dtype="q8_0")
    assert (found["verdict"], found["reason"], found["confidence"]) == ("fits", "", "modelled")
    assert found["weights_gib"] == pytest.approx(4.58, abs=0.01)
    assert found["kv_cache_gib"] == {"f16": 1.0, "q8_0": 0.53125, "q4_0": 0.28125}
    assert found["activation_gib"] == pytest.approx(0.52, abs=0.01)
    assert found["estimated_max_model_len"] > 32768
    assert found["band_gib"][0] < found["available_kv_gib"] < found["band_gib"][1]


def test_an_ollama_tag_without_a_length_is_asked_for_the_longest_that_fits() -> None:
    found = asked(model="ollama:llama3.1:8b", gpu="rtx-4070")
    longest = found["estimated_max_model_len"]
    assert asked(model="ollama:llama3.1:8b", gpu="rtx-4070", max_model_len=longest)["verdict"] == "fits"
    assert asked(model="ollama:llama3.1:8b", gpu="rtx-4070", max_model_len=longest + 256)["verdict"] == "refused"


@pytest.mark.parametrize(
    ("question", "verdict", "why"),
    [
        ({"model": "ollama:llama3.1:9b"}, "unmodelled", "like it: llama3.1:8b"),
        ({"model": "ollama:"}, "unmodelled", "no Ollama tag"),
        ({"model": "ollama:llama3.1:8b", "max_model_len": 2**30}, "refused", "the model's own is 128k"),
        ({"model": "ollama:llama3.1:8b", "max_model_len": 0}, "refused", "0 is not a length"),
        ({"model": "ollama:llama3.1:8b", "kv_cache_dtype": "fp8"}, "refused", "it has f16, q8_0, q4_0"),
        ({"model": "ollama:llama3.1:8b", "gpu": "rtx-9999"}, "unmodelled", "no GPU rtx-9999"),
        ({"model": "ollama:qwen2.5:72b"}, "refused", "are needed"),
        ({"model": "ollama:llama3.1:8b", "enforce_eager": True}, "fits", "not read: enforce_eager"),
    ],
)
def test_an_ollama_question_that_cannot_be_is_answered_with_its_reason(
    question: dict[str, Any], verdict: str, why: str
) -> None:
    found = asked(**question)
    assert (found["verdict"], why in found["reason"]) == (verdict, True)


@pytest.mark.parametrize("name", [7, "a", None, 1.5, {"run": 3}, ["x"]])
def test_the_id_comes_back_as_it_was(name: object) -> None:
    assert asked(id=name)["id"] == name
    assert asked(id=name, gpu="nothing")["id"] == name
    assert asked(id=name, tensor_parallel="two")["id"] == name


# available GiB and KV tokens of llm-d-incubation/llm-d-planner@d3121e0 accuracy/results/v0.19.0
@pytest.mark.parametrize(
    ("repo", "tp", "available"),
    [
        (LLAMA_8B, 1, 58.11),
        (LLAMA_8B, 2, 63.76),
        ("Qwen/Qwen2.5-7B-Instruct", 1, 58.53),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 2, 28.44),
    ],
)
def test_a_start_on_h100_reports_what_was_reported(repo: str, tp: int, available: float) -> None:
    found = asked(
        model=repo, gpu=H100, tensor_parallel=tp, gpu_memory_utilization=0.95, max_model_len=8192, vllm_version="0.19.0"
    )
    assert found["verdict"] == "fits"
    assert found["available_kv_gib"] == pytest.approx(available, abs=0.25)
    assert found["band_gib"][0] <= available <= found["band_gib"][1]


def test_weights_are_the_parameters_of_the_rank_to_the_byte() -> None:
    for repo in (LLAMA_8B, "deepseek-ai/DeepSeek-V3"):
        found = asked(model=repo, gpu="h200", tensor_parallel=4, max_model_len=2048)
        assert found["weights_gib"] * GIB == rank_weights(shape(repo), 4)


def test_blocks_tokens_and_requests_follow_from_the_pool() -> None:
    found = asked(max_model_len=8192, kv_cache_memory_bytes=2 * GIB)
    assert (found["verdict"], found["available_kv_gib"], found["band_gib"]) == ("fits", 2.0, [2.0, 2.0])
    assert found["num_gpu_blocks"] == 2 * GIB // (32 * 2 * 8 * 128 * 2 * 16) == 1024
    assert (found["kv_cache_tokens"], found["max_concurrency"], found["confidence"]) == (16384, 2.0, "exact")


def test_a_larger_block_holds_more_tokens_and_counts_fewer_blocks() -> None:
    found = asked(max_model_len=8192, kv_cache_memory_bytes=2 * GIB, block_size=32)
    assert (found["num_gpu_blocks"], found["kv_cache_tokens"]) == (512, 16384)


def test_a_pool_beyond_the_card_is_refused() -> None:
    found = asked(max_model_len=8192, kv_cache_memory_bytes=20 * GIB)
    assert found["verdict"] == "refused"
    assert "20.0 GiB are more than" in found["reason"]


def test_too_long_a_context_is_refused_with_the_length_that_would_start() -> None:
    found = asked()
    longest = found["estimated_max_model_len"]
    assert found["verdict"] == "refused"
    assert f"the estimated maximum model length is {longest}" in found["reason"]
    assert asked(max_model_len=longest)["verdict"] == "fits"
    assert asked(max_model_len=longest + 1)["verdict"] == "refused"


def test_the_null_block_counts_since_0_30() -> None:
    pool: dict[str, Any] = {"kv_cache_memory_bytes": 2 * GIB, "max_model_len": 16384}
    assert asked(**pool, vllm_version="0.28.0")["verdict"] == "fits"
    found = asked(**pool, vllm_version="0.30.0")
    assert (found["verdict"], found["estimated_max_model_len"]) == ("refused", 16384 - 16)


def test_vllm_may_choose_the_context_itself_since_0_16() -> None:
    for auto in ("auto", -1):
        found = asked(max_model_len=auto)
        assert (found["verdict"], found["max_concurrency"] >= 1) == ("fits", True)
    assert asked(max_model_len="auto", vllm_version="0.13.0")["verdict"] == "refused"


@pytest.mark.parametrize(
    ("gpu", "version", "given"),
    [
        ("rtx-4090", "0.19.1", {"gpu_memory_utilization": 0.9, "max_num_seqs": 256, "max_num_batched_tokens": 2048}),
        ("rtx-4090", "0.33.0", {"gpu_memory_utilization": 0.92, "max_num_seqs": 256, "max_num_batched_tokens": 2048}),
        ("a100-80gb", "0.33.0", {"gpu_memory_utilization": 0.92, "max_num_seqs": 256, "max_num_batched_tokens": 2048}),
        ("h100", "0.33.0", {"gpu_memory_utilization": 0.92, "max_num_seqs": 1024, "max_num_batched_tokens": 8192}),
        ("b200", "0.33.0", {"gpu_memory_utilization": 0.92, "max_num_seqs": 1024, "max_num_batched_tokens": 16384}),
        (H100, "0.11.2", {"gpu_memory_utilization": 0.9, "max_num_seqs": 1024, "max_num_batched_tokens": 8192}),
        (
            {"total_gib": 79.25, "compute_capability": 8.0},
            "0.33.0",
            {"gpu_memory_utilization": 0.92, "max_num_seqs": 256, "max_num_batched_tokens": 2048},
        ),
    ],
)
def test_what_is_not_given_takes_the_default_of_that_version_and_card(
    gpu: object, version: str, given: dict[str, Any]
) -> None:
    where: dict[str, Any] = {"gpu": gpu, "vllm_version": version, "max_model_len": 8192}
    assert asked(**where) == asked(**where, **given)
    assert asked(**where) != asked(**where, **given | {"max_num_seqs": given["max_num_seqs"] // 2})
    assert asked(**where) != asked(**where, **given | {"gpu_memory_utilization": 0.8})


def test_the_context_that_is_not_given_is_the_models_own() -> None:
    assert asked(gpu="h200") == asked(gpu="h200", max_model_len=131072)


def test_null_is_not_given() -> None:
    assert asked(tensor_parallel=None, max_model_len=None, enforce_eager=None, config=None) == asked()


def test_a_config_serves_as_well_as_a_name() -> None:
    row = shapes.find(LLAMA_8B)
    assert row is not None
    assert asked(model=None, config=row.config) == asked()


@pytest.mark.parametrize("capability", ["8.9", 8.9, [8, 9]])
def test_a_card_may_be_given_by_its_figures(capability: object) -> None:
    found = asked(gpu={"total_gib": 23.52, "compute_capability": capability}, max_model_len=4096)
    known = asked(max_model_len=4096)
    assert found["num_gpu_blocks"] == known["num_gpu_blocks"]


def test_graphs_are_taken_from_the_budget_since_0_20() -> None:
    old, new = (asked(max_model_len=4096, gpu_memory_utilization=0.9, vllm_version=v) for v in ("0.19.1", "0.20.2"))
    assert old["cuda_graph_gib"] == new["cuda_graph_gib"] > 0
    assert old["available_kv_gib"] - new["available_kv_gib"] == pytest.approx(new["cuda_graph_gib"], abs=1e-6)
    assert asked(max_model_len=4096, enforce_eager=True)["cuda_graph_gib"] == 0


def test_a_share_that_leaves_nothing_for_the_driver_is_refused() -> None:
    assert "before vLLM looks" in asked(max_model_len=4096, gpu_memory_utilization=0.99)["reason"]
    close = asked(max_model_len=4096, gpu_memory_utilization=0.98)
    assert (close["verdict"], "is close" in close["reason"]) == ("fits", True)


def test_an_answer_near_the_edge_says_so() -> None:
    found = asked()
    beyond = asked(max_model_len=found["estimated_max_model_len"] + 256)
    assert (beyond["verdict"], "it may start" in beyond["reason"]) == ("refused", True)
    under = asked(max_model_len=found["estimated_max_model_len"] - 256)
    assert (under["verdict"], "it may be refused" in under["reason"]) == ("fits", True)


def test_an_encoder_has_no_cache() -> None:
    found = asked(model="BAAI/bge-m3")
    assert (found["verdict"], found["num_gpu_blocks"], found["kv_cache_tokens"]) == ("fits", 0, 0)


WRONG = [
    ({"model": "nobody/nothing"}, "unmodelled", "the table has no model nobody/nothing"),
    ({"model": "Qwen/Qwen2.5-7B-Instrukt"}, "unmodelled", "Qwen/Qwen2.5-7B-Instruct"),
    ({"model": None}, "refused", "name a model"),
    ({"model": None, "config": {"model_type": "mamba"}}, "unmodelled", "'mamba' is not modelled"),
    ({"model": None, "config": {}}, "unmodelled", "is not modelled"),
    ({"model": None, "config": 3}, "refused", "`config`"),
    ({"gpu": "rtx-4091"}, "unmodelled", "rtx-4090"),
    ({"gpu": None}, "refused", "name a gpu"),
    ({"gpu": {"total_gib": -1, "compute_capability": "8.9"}}, "refused", "total_gib"),
    ({"gpu": {"total_gib": 24}}, "refused", "compute_capability"),
    ({"gpu": {"total_gib": 24, "compute_capability": "ada"}}, "refused", "such as 8.9"),
    ({"tensor_parallel": 3}, "refused", "not divisible by 3"),
    ({"tensor_parallel": 0}, "refused", "tensor_parallel"),
    ({"pipeline_parallel": 64}, "refused", "64 stages"),
    ({"max_model_len": 0}, "refused", "not a length"),
    ({"max_model_len": 1_000_000}, "refused", "the model's own is 128k"),
    ({"max_num_seqs": -4}, "refused", "max_num_seqs"),
    ({"max_num_seqs": 4096}, "refused", "at least max_num_seqs"),
    ({"gpu_memory_utilization": 1.5}, "refused", "gpu_memory_utilization"),
    ({"gpu": "t4", "dtype": "bfloat16"}, "refused", "8.0"),
    ({"dtype": "int3"}, "refused", "dtype int3"),
    ({"quantization": "awq"}, "refused", "awq"),
    ({"quantization": "tea-leaves"}, "unmodelled", "tea-leaves"),
    ({"gpu": "rtx-2080-ti", "kv_cache_dtype": "fp8"}, "refused", "fp8"),
    ({"vllm_version": "0.8.5"}, "unmodelled", "older"),
    ({"vllm_version": "latest"}, "refused", "latest"),
]


@pytest.mark.parametrize(("question", "verdict", "why"), WRONG, ids=str)
def test_what_cannot_be_answered_says_why(question: dict[str, Any], verdict: str, why: str) -> None:
    found = asked(**question)
    assert found["verdict"] == verdict
    assert why in found["reason"]
    assert found["available_kv_gib"] is None


@pytest.mark.parametrize(
    "line", [b"", b"nonsense", b"[1]", b"3", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_a_line_that_is_no_question_is_answered_all_the_same(line: bytes) -> None:
    found = json.loads(answer_line(line))
    assert (found["id"], found["verdict"], bool(found["reason"])) == (None, "refused", True)


def test_a_misspelt_name_is_not_taken_for_a_default_in_silence() -> None:
    found = asked(max_modellen=4096, gpu="h200")
    assert found["verdict"] == "fits"
    assert found["reason"] == "not read: max_modellen (did you mean max_model_len?)"


@pytest.mark.parametrize("huge", [10**15, 10**30, 10**400], ids=["15", "30", "400"])
@pytest.mark.parametrize("key", ["vocab_size", "hidden_size", "intermediate_size", "max_position_embeddings"])
def test_a_size_beyond_any_model_is_not_modelled(key: str, huge: int) -> None:
    row = shapes.find(LLAMA_8B)
    assert row is not None
    found = asked(model=None, config={**row.config, key: huge})
    assert found["verdict"] == "unmodelled"


@pytest.mark.parametrize("repo", [LLAMA_8B, "BAAI/bge-m3"])
def test_more_layers_than_any_model_has_are_not_built(repo: str) -> None:
    row = shapes.find(repo)
    assert row is not None
    found = asked(model=None, config={**row.config, "num_hidden_layers": 10**13})
    assert (found["verdict"], "is not a model" in found["reason"]) == ("unmodelled", True)


NEXT = "Qwen/Qwen3-Next-80B-A3B-Instruct"


@pytest.mark.parametrize("kinds", [["linear_attention"] * 48, [{}] * 48, [["full_attention"]] * 48, ["full"]])
def test_layers_of_no_known_kind_are_not_modelled(kinds: list[object]) -> None:
    row = shapes.find(NEXT)
    assert row is not None
    assert asked(model=None, config={**row.config, "layer_types": kinds})["verdict"] == "unmodelled"


def test_a_stage_of_linear_layers_alone_is_counted() -> None:
    found = asked(model=NEXT, gpu="h200", pipeline_parallel=48, max_model_len=4096)
    assert (found["verdict"], found["num_gpu_blocks"] > 0) == ("fits", True)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5),
    st.lists(st.one_of(st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
CONFIGS = {name: dict(getattr(shapes.find(name), "config", {})) for name in (QWEN_7B_AWQ, "openai/gpt-oss-20b")}
KEYS = sorted({key for config in CONFIGS.values() for key in config} | {"layer_types", "rope_scaling"})
FIELDS = [
    "tensor_parallel", "pipeline_parallel", "gpu_memory_utilization", "kv_cache_memory_bytes", "max_model_len",
    "max_num_seqs", "max_num_batched_tokens", "dtype", "quantization", "kv_cache_dtype", "enforce_eager", "block_size",
    "vllm_version", "gpu", "model", "config", "id",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_value_of_a_line_ends_in_a_traceback(question: dict[str, Any]) -> None:
    assert asked(**question)["verdict"] in {"fits", "refused", "unmodelled"}


@given(st.sampled_from(sorted(CONFIGS)), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2))
@settings(max_examples=150, deadline=None)
def test_no_value_of_a_config_ends_in_a_traceback(repo: str, changed: dict[str, Any]) -> None:
    found = asked(model=None, config=CONFIGS[repo] | changed, max_model_len=2048)
    assert found["verdict"] in {"fits", "refused", "unmodelled"}


@given(
    st.sampled_from([LLAMA_8B, QWEN_7B_AWQ, "google/gemma-3-12b-it", "openai/gpt-oss-20b"]),
    st.floats(8, 200), st.floats(0.1, 20), st.sampled_from(vllm_versions()), st.sampled_from([1, 2]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_more_memory_never_means_less_context(repo: str, total: float, more: float, version: str, tp: int) -> None:
    question = {"model": repo, "tensor_parallel": tp, "vllm_version": version, "max_num_seqs": 64,
                "max_num_batched_tokens": 2048, "max_model_len": 4096}  # fmt: skip
    small, large = (
        asked(**question, gpu={"total_gib": size, "compute_capability": "9.0"}) for size in (total, total + more)
    )
    if small["available_kv_gib"] is None:
        assert small["reason"] == large["reason"]
        return
    assert small["estimated_max_model_len"] <= large["estimated_max_model_len"]
    assert (small["verdict"], large["verdict"]) != ("fits", "refused")
    assert small["band_gib"][0] <= max(0, small["available_kv_gib"]) <= small["band_gib"][1]


def test_values_left_out_are_null() -> None:
    assert Answer(1, "refused", "why").weights_gib is None
