"""What a fit promises: the context, the order of trades, the sums, and both goals."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.sizing.types import GIB, Fit
from tests.unit.sizing.asks import (
    ADA,
    AMPERE,
    CODER_7B_AWQ,
    HOPPER,
    LLAMA_8B,
    LLAMA_70B,
    TURING,
    ask,
    fitted,
    gib,
    refused,
)


def total(found: Fit) -> int:
    return (
        found.weights
        + found.rope
        + found.activation
        + found.buffers
        + found.graphs
        + found.non_torch
        + found.context
        + found.margin
        + found.kv_cache_bytes
    )


def test_the_parts_add_up_to_the_claim_and_the_figures_repeat_them() -> None:
    found = fitted(ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768, concurrency=2))
    assert total(found) == found.claim == sum(figure.bytes for figure in found.figures)
    assert all(figure.source for figure in found.figures)


def test_the_cache_is_whole_blocks_and_utilisation_covers_all_but_the_cuda_context() -> None:
    found = fitted(ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768, concurrency=2))
    assert found.kv_cache_bytes % found.num_blocks == 0
    share = int(found.utilization.removeprefix("0."))
    assert found.claim - found.context == -(-gib(11.6) * share // 1000)


def test_room_to_spare_gives_the_ceiling_and_trades_nothing() -> None:
    found = fitted(ask(CODER_7B_AWQ, 23.6, AMPERE, 8192, 32768, concurrency=2))
    assert (found.max_model_len, found.max_num_seqs, found.trades) == (32768, 2, ())
    assert found.full_requests >= 2


def test_all_requests_in_flight_can_be_of_full_length_within_a_range() -> None:
    for budget in (7.6, 8.5, 10.0):
        found = fitted(ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768, budget=budget, concurrency=2))
        assert found.full_requests >= 2
        assert 8192 <= found.max_model_len <= 32768


def test_a_fixed_context_needs_one_full_request_and_says_how_many_fit() -> None:
    found = fitted(ask(LLAMA_70B, 139.81, HOPPER, 131072, concurrency=32, tp=2))
    assert (found.max_num_seqs, found.max_num_batched_tokens) == (32, 8192)
    assert 1 <= found.full_requests < 32
    assert found.trades == (f"the KV cache holds {found.full_requests:.1f} requests of full length at once, not 32",)


def test_sequences_go_before_batched_tokens_and_these_before_context() -> None:
    seen: list[tuple[str, ...]] = []
    for budget in (17.5, 18.3, 18.6, 23.6):
        found = fitted(ask(LLAMA_8B, 23.6, AMPERE, 8192, 16384, budget=budget))
        seen.append(tuple(trade.split()[0] for trade in found.trades))
    order = ("max_num_seqs", "max_num_batched_tokens", "context")
    assert all(trades == order[: len(trades)] for trades in seen)
    assert [len(trades) for trades in seen] == sorted((len(trades) for trades in seen), reverse=True)
    assert seen[0] == order
    assert seen[-1] == ()


def test_a_stated_concurrency_is_never_traded() -> None:
    assert fitted(ask(CODER_7B_AWQ, 11.6, ADA, 4096, 32768, budget=7.2, concurrency=3)).max_num_seqs == 3


def test_a_smaller_cache_type_and_eager_mode_only_serve_to_reach_the_floor() -> None:
    tight = ask(LLAMA_8B, 23.6, AMPERE, 16384, 32768, budget=17.4, concurrency=1)
    found = fitted(tight)
    assert (found.kv_cache_dtype, found.max_model_len) == ("fp8", 16384)
    assert "kv_cache_dtype auto -> fp8" in found.trades
    tighter = fitted(replace(tight, budget=gib(17.1)))
    assert tighter.enforce_eager
    assert tighter.graphs == 0
    assert refused(replace(tight, last_resorts=False)).kind == "memory"


def test_turing_saves_with_int8_where_the_version_has_it() -> None:
    tight = ask("Qwen/Qwen2.5-7B-Instruct", 23.6, TURING, 32768, budget=16.9, concurrency=1)
    assert fitted(tight).kv_cache_dtype == "int8_per_token_head"
    assert fitted(replace(tight, vllm_version="0.19.1", budget=gib(23.6))).kv_cache_dtype == "auto"


def test_the_smallest_claim_serves_the_floor_once_and_leaves_the_rest() -> None:
    request = ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768, concurrency=2, goal="smallest")
    least, most = fitted(request), fitted(replace(request, goal="largest"))
    assert least.max_model_len == 8192
    assert least.full_requests >= 1
    assert least.claim < most.claim <= gib(11.6)
    assert fitted(replace(request, budget=least.claim)).claim == least.claim
    assert fitted(replace(request, budget=least.claim, goal="largest")).claim <= least.claim


def test_the_context_ends_at_the_models_own() -> None:
    found = fitted(ask(CODER_7B_AWQ, 23.6, AMPERE, 8192, 131072, concurrency=1))
    assert found.max_model_len == 32768
    assert found.trades == ("context capped at the model's own 32k",)
    assert refused(ask(CODER_7B_AWQ, 23.6, AMPERE, 65536)).kind == "context"


def test_a_fixed_utilisation_is_kept_to_the_digit() -> None:
    found = fitted(ask(CODER_7B_AWQ, 15.6, ADA, 4096, 32768, concurrency=2, utilization="0.45"))
    assert found.utilization == "0.45"
    assert found.claim - found.context == -(-gib(15.6) * 45 // 100)


def test_a_utilisation_that_others_leave_no_room_for_is_refused_with_the_share_that_is_left() -> None:
    found = refused(ask(CODER_7B_AWQ, 15.6, ADA, 4096, budget=9.0, utilization="0.92"))
    assert found.deficit == pytest.approx(15.6 * 0.92 * GIB + 0.5 * GIB - 9.0 * GIB, abs=10)
    assert found.options == ("gpu_memory_utilization: 0.544",)


def test_nccl_is_gone_before_vllm_compares_free_memory_with_its_share() -> None:
    # 19.77 of 22.05 GiB were free at tensor parallel 2, so that 0.9 did not start (pytorch/pytorch#175666)
    assert refused(ask(LLAMA_8B, 22.05, ADA, 4096, tp=2, utilization="0.9")).kind == "memory"
    found = fitted(ask(LLAMA_8B, 22.05, ADA, 4096, tp=2))
    assert 22.05 * float(found.utilization) <= 19.77


def test_fixed_sequences_and_batched_tokens_are_kept() -> None:
    found = fitted(ask(LLAMA_8B, 23.6, AMPERE, 4096, 32768, max_num_seqs=100, max_num_batched_tokens=1500))
    assert (found.max_num_seqs, found.max_num_batched_tokens) == (100, 1500)


def test_an_embedding_model_takes_weights_and_working_memory_only() -> None:
    found = fitted(ask("BAAI/bge-m3", 139.81, HOPPER, 8192, task="embed"))
    assert (found.kv_cache_bytes, found.tokens, found.dtype) == (0, 0, "float16")
    assert found.max_num_batched_tokens >= 8192
    assert found.claim < 4 * GIB


def test_a_decoder_that_embeds_keeps_its_cache_but_samples_nothing() -> None:
    asked = ask("Qwen/Qwen3-Embedding-0.6B", 23.6, AMPERE, 8192, task="embed")
    found = fitted(asked)
    assert found.kv_cache_bytes > 0
    assert found.buffers == 0
    assert found.activation < fitted(replace(asked, task="generate", max_num_seqs=256)).activation


def test_the_same_question_gets_the_same_answer() -> None:
    request = ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768, concurrency=2)
    assert fitted(request) == fitted(request)


@pytest.mark.parametrize(
    "change",
    [
        {"context_floor": 0},
        {"context_floor": 9000, "context_ceiling": 8000},
        {"concurrency": 0},
        {"max_num_seqs": 0},
        {"budget": gib(99)},
        {"utilization": "1.5"},
        {"utilization": "much"},
        {"utilization": "nan"},
        {"dtype": "int3"},
        {"quantization": "gptq"},
        {"max_num_seqs": 64, "max_num_batched_tokens": 32},
        {"card_total": 0, "budget": 0},
    ],
)
def test_a_contradictory_request_is_refused_with_a_reason(change: dict[str, object]) -> None:
    found = refused(replace(ask(CODER_7B_AWQ, 11.6, ADA, 8192, 32768), **change))
    assert found.kind == "request"
    assert found.reason


def test_a_budget_smaller_than_the_cuda_context_is_a_deficit_not_a_traceback() -> None:
    assert refused(ask(CODER_7B_AWQ, 11.6, ADA, 8192, budget=0.1)).deficit > 5 * GIB
