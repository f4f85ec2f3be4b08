"""Memory of Ollama models, against hand arithmetic and known trouble of other estimators."""

from __future__ import annotations

import pytest

from dreamc.knowledge.ollama import ollama_model
from dreamc.sizing.ollama import GgufFacts, claim, compute_bytes, facts_of, kv_bytes
from dreamc.sizing.types import GIB, MIB

QWEN = GgufFacts(4_683_073_184, 28, 4, 128, 128, 3584, 152064, 32768)


def test_cache_of_qwen25_7b() -> None:
    # 28 layers x 4 heads x 256 values x 2 bytes = 56 KiB a token
    assert kv_bytes(QWEN, 8192, 1, "f16") == 8192 * 56 * 1024
    assert kv_bytes(QWEN, 8192, 2, "f16") == 2 * kv_bytes(QWEN, 8192, 1, "f16")
    assert kv_bytes(QWEN, 8192, 1, "q8_0") * 64 == kv_bytes(QWEN, 8192, 1, "f16") * 34
    assert kv_bytes(QWEN, 8000, 1, "f16") == kv_bytes(QWEN, 8192, 1, "f16")


def test_compute_buffer_at_a_micro_batch_of_512() -> None:
    # reported for Qwen2.5-7B: 297 of about 305 MiB are logits
    assert compute_bytes(QWEN, 4096, 1) / MIB == pytest.approx(305, abs=5)


def test_the_parts_add_up() -> None:
    found = claim(QWEN, 8192)
    assert found.claim == sum(figure.bytes for figure in found.figures)
    assert found.overhead == 457 * MIB
    assert 5.5 < found.claim / GIB < 7


def test_the_context_ends_at_the_models_own() -> None:
    assert claim(QWEN, 1_000_000).context == 32768


def test_an_embedding_model_is_not_charged_for_a_cache() -> None:
    # others said 9.9 GiB for bge-m3, which takes 0.9 GiB of tensors and little beside (gpustack/gpustack#2614)
    row = ollama_model("bge-m3:567m")
    assert row is not None
    found = claim(facts_of(row), 8192)
    assert found.kv_cache == 0
    assert found.claim < 2.5 * GIB


def test_a_window_bounds_the_cache_of_its_layers() -> None:
    windowed = GgufFacts(10**9, 30, 8, 128, 128, 2048, 262144, 131072, 1024, 25)
    whole = GgufFacts(10**9, 30, 8, 128, 128, 2048, 262144, 131072)
    assert kv_bytes(windowed, 65536, 1, "f16") < kv_bytes(whole, 65536, 1, "f16") / 4
    assert kv_bytes(windowed, 512, 1, "f16") == kv_bytes(whole, 512, 1, "f16")
