"""Cache arithmetic by hand, for each kind of layer."""

from __future__ import annotations

import pytest

from dreamc.sizing import kv
from dreamc.sizing.cache_types import CacheType, cache_type, refusal, saving
from tests.unit.sizing.asks import LLAMA_8B, LLAMA_70B, shape

BF16 = CacheType("auto", 16)


def planned(repo: str, tp: int = 1, cache: CacheType = BF16) -> kv.KvPlan:
    found = kv.plan(shape(repo), tp, cache)
    assert found is not None
    return found


def test_llama_8b_takes_128_kib_a_token() -> None:
    # 32 layers x 8 heads x (128 + 128) x 2 bytes
    assert kv.bytes_per_token(planned(LLAMA_8B)) == 131072


def test_tensor_parallel_divides_heads_until_there_is_one_left() -> None:
    whole = planned(LLAMA_70B).bytes_per_block
    assert planned(LLAMA_70B, 8).bytes_per_block * 8 == whole
    assert planned(LLAMA_70B, 16).bytes_per_block == planned(LLAMA_70B, 8).bytes_per_block


def test_latent_attention_is_not_divided() -> None:
    # DeepSeek-V3: 61 layers x (512 + 64) x 2 bytes, on every rank
    for tp in (1, 8):
        assert kv.bytes_per_token(planned("deepseek-ai/DeepSeek-V3", tp)) == 61 * 576 * 2


def test_gemma_3_27b_pads_62_layers_to_70() -> None:
    found = planned("google/gemma-3-27b-it")
    assert len(found.groups) == 7
    assert found.bytes_per_block == 10 * 16 * 16 * 256 * 2


def test_a_window_stops_growing_but_holds_what_is_in_flight() -> None:
    found = planned("mistralai/Mistral-7B-Instruct-v0.1")
    at = {length: kv.request_blocks(found, length, 2048) for length in (4096, 16384, 32768)}
    assert at[16384] == at[32768] == -(-(4096 - 1 + 2048) // 16) + 1
    assert at[4096] == 4096 // 16 + 1


def test_an_encoder_has_no_cache() -> None:
    assert kv.plan(shape("BAAI/bge-m3"), 1, BF16) is None


@pytest.mark.parametrize(("name", "each"), [("fp8", 256), ("int8_per_token_head", 264), ("int4_per_token_head", 136)])
def test_smaller_cache_types_and_their_scales(name: str, each: int) -> None:
    found = cache_type(name, "0.33.0", 2)
    assert found is not None
    assert planned(LLAMA_8B, cache=found).bytes_per_block == 32 * 16 * 8 * each


def test_which_cache_type_a_card_can_save_with() -> None:
    assert saving("0.33.0", (8, 9)) == "fp8"
    assert saving("0.33.0", (7, 5)) == "int8_per_token_head"
    assert saving("0.19.1", (7, 5)) is None
    assert "8.0" in refusal("fp8", "0.33.0", (7, 5))
    assert "no KV cache type" in refusal("fp3", "0.33.0", (9, 0))


def test_old_versions_report_tokens_by_blocks() -> None:
    found = planned(LLAMA_8B)
    assert kv.tokens(found, 1001, 4096, 2048, by_concurrency=False) == 16016
