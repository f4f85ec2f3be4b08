"""Cloud models: what they cost, hold and can."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dreamc.knowledge.prices import KINDS, CloudModel, cloud_model, cloud_model_ids, nearest_cloud_models, price

EVERY = [(kind, model) for kind in KINDS for model in cloud_model_ids(kind)]


def known(kind: str, model_id: str) -> CloudModel:
    found = cloud_model(kind, model_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "model_id"),
    [
        ("anthropic", "claude-sonnet-5-5"),
        ("anthropic", "claude-haiku-5-5"),
        ("openai", "gpt-5.4"),
        ("google", "gemini-3.8-flash"),
        ("ollama-cloud", "qwen3-coder:480b-cloud"),
        ("ollama-cloud", "deepseek-v3.1:671b-cloud"),
        ("ollama-cloud", "gpt-oss:120b-cloud"),
        ("ollama-cloud", "gpt-oss:120b"),
    ],
)
def test_the_models_of_the_examples_are_known(kind: str, model_id: str) -> None:
    found = known(kind, model_id)
    assert found.context
    assert found.context >= 128_000
    assert "tools" in found.abilities


def test_a_price_is_in_dollars_per_million_tokens() -> None:
    sonnet = price("anthropic", "claude-sonnet-5-5")
    assert sonnet is not None
    assert (sonnet.input, sonnet.output) == (Decimal(2), Decimal(10))
    assert (sonnet.cache_read, sonnet.cache_write) == (Decimal("0.1"), Decimal("2.5"))


def test_a_long_prompt_has_its_own_tariff() -> None:
    tariff = price("openai", "gpt-5.4")
    assert tariff is not None
    assert tariff.above is not None
    assert tariff.above_tokens == 272_000
    assert tariff.above.input == 2 * tariff.input


def test_no_price_is_not_a_price_of_zero() -> None:
    assert price("ollama-cloud", "gpt-oss:120b-cloud") is None
    zero = [(kind, model) for kind, model in EVERY if (found := price(kind, model)) and found.input == 0]
    assert zero == []


def test_a_model_that_ends_says_when() -> None:
    assert known("anthropic", "claude-sonnet-4-5").deprecated == "2026-11-30"
    assert known("anthropic", "claude-sonnet-5-5").deprecated == ""


def test_a_stale_id_gets_the_real_one_as_suggestion() -> None:
    assert cloud_model("anthropic", "claude-sonnet-4-5-20250514") is None
    assert "claude-sonnet-4-5-20250929" in nearest_cloud_models("anthropic", "claude-sonnet-4-5-20250514")
    assert cloud_model("openai-compatible", "anything") is None


@pytest.mark.parametrize(("kind", "model_id"), EVERY)
def test_a_model_is_consistent(kind: str, model_id: str) -> None:
    found = known(kind, model_id)
    assert found.id == model_id
    assert found.context is not None
    assert 256 <= found.context <= 4_000_000
    assert set(found.abilities) <= {"tools", "vision", "json", "reasoning", "caching", "pdf", "audio"}
    if found.deprecated:
        assert date.fromisoformat(found.deprecated) >= date(2026, 1, 1)
    if found.price:
        tariff = found.price
        assert 0 < tariff.input <= 200
        assert tariff.output >= tariff.input or found.mode == "embedding"
        assert tariff.cache_read is None or tariff.cache_read < tariff.input
        assert (tariff.above is None) == (tariff.above_tokens is None)
