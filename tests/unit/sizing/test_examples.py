"""The five example files, sized by hand: each says what its card holds, and the sum stays on the card."""

from __future__ import annotations

from dreamc.knowledge.gpus import gpu
from dreamc.knowledge.ollama import ollama_model
from dreamc.sizing.ledger import Card, Entry, Ledger
from dreamc.sizing.ollama import claim, facts_of
from dreamc.sizing.parallel import smallest_tp
from dreamc.sizing.types import GIB
from tests.unit.sizing.asks import CODER_7B_AWQ, LLAMA_70B, ask, fitted


def visible(name: str) -> tuple[float, tuple[int, int]]:
    card = gpu(name)
    assert card is not None
    return card.visible_gib, card.capability


def ollama(tag: str, context: int) -> int:
    row = ollama_model(tag)
    assert row is not None, tag
    return claim(facts_of(row), context).claim


def test_hybrid_4070_holds_ollama_3b_and_vllm_7b() -> None:
    total, capability = visible("rtx-4070")
    fast = ollama("qwen2.5-coder:3b", 8192)
    found = fitted(ask(CODER_7B_AWQ, total, capability, 8192, 32768, concurrency=2, budget=total - fast / GIB))
    assert found.max_model_len >= 8192
    assert found.full_requests >= 2
    assert not found.enforce_eager
    assert (
        Ledger(
            Card("desk", int(total * GIB)), (Entry("fast", "ollama", fast), Entry("quality", "vllm", found.claim))
        ).deficit
        == 0
    )


def test_rtx5000_lab_holds_vllm_7b_beside_two_ollama_models_that_take_turns() -> None:
    total, capability = visible("quadro-rtx-5000")
    assert capability == (7, 5)
    both = ollama("qwen2.5-coder:7b", 8192), ollama("llama3.1:8b", 8192)
    found = fitted(ask(CODER_7B_AWQ, total, capability, 4096, 16384, concurrency=4, budget=total - max(both) / GIB))
    assert (found.dtype, found.kv_cache_dtype) == ("float16", "auto")
    assert found.max_model_len >= 4096
    assert found.full_requests >= 4
    assert sum(both) + found.claim > total * GIB
    assert max(both) + found.claim <= total * GIB


def test_zero_cloud_holds_a_32b_model_for_two() -> None:
    total, capability = visible("rtx-3090")
    found = fitted(ask("Qwen/Qwen2.5-32B-Instruct-AWQ", total, capability, 4096, 32768, concurrency=2))
    assert found.max_model_len >= 4096
    assert found.full_requests >= 2
    assert found.claim <= total * GIB


def test_fleet_llama_70b_takes_two_h200_and_says_that_three_full_requests_fit() -> None:
    total, capability = visible("h200")
    request = ask(LLAMA_70B, total, capability, 131072, concurrency=32)
    assert smallest_tp(request) == 2
    found = fitted(ask(LLAMA_70B, total, capability, 131072, concurrency=32, tp=2))
    assert found.max_num_seqs == 32
    assert 3 < found.full_requests < 4
    assert found.tokens > 400_000


def test_fleet_deepseek_v3_coder_and_embeddings() -> None:
    total, capability = visible("h200")
    deepseek = fitted(ask("deepseek-ai/DeepSeek-V3", total, capability, 32768, 131072, tp=8))
    assert deepseek.max_model_len == 131072
    assert 75 < deepseek.weights / GIB < 85
    coder = fitted(ask("Qwen/Qwen3-Coder-30B-A3B-Instruct", total, capability, 65536, 262144))
    assert (coder.max_model_len, coder.trades) == (262144, ())
    assert fitted(ask("BAAI/bge-m3", total, capability, 8192, task="embed")).claim < 4 * GIB


def test_daemon_tiers_fits_two_3090_without_turns() -> None:
    total, _ = visible("rtx-3090")
    large, small = ollama("codestral:22b", 16384), ollama("llama3:8b", 8192) + ollama("phi3:mini", 4096)
    assert large < total * GIB
    assert small < total * GIB
