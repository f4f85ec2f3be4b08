"""Prices of three sources: which counts, where they differ, and how a request is charged."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from dreamc.cost.prices import (
    Compared,
    Seen,
    differences,
    long_prompts,
    mean_usd,
    money,
    of_file,
    of_table,
    request_usd,
    same_weights,
    second,
)
from dreamc.cost.types import Traffic, Work
from dreamc.knowledge.prices import Price
from dreamc.runtime.types import Price as Charged
from dreamc.stack.spending import Rates
from dreamc.stack.types import Stack
from tests.unit.stack.files import BOX, HEAD, TODAY, stack

pytest.importorskip("genai_prices")
MODELS = {
    "anthropic": "{key: env://K, models: {claude: {id: claude-sonnet-5-5}, dear: {id: claude-haiku-4-5, "
    "usd_per_mtok: {input: 1, output: 50}}}}",
    "mistral": "{kind: openai-compatible, base_url: https://api.mistral.ai/v1, key: env://K, "
    "models: {large: {id: mistral-large-latest, context: 100k}}}",
    "far": "{kind: openai-compatible, base_url: https://far.example.com/v1, key: env://K, models: {x: {context: 4k}}}",
}


def price(read: str, written: str, above: Price | None = None) -> Price:
    return Price(Decimal(read), Decimal(written), None, None, 1000 if above else None, above)


@pytest.fixture(scope="module")
def file() -> Stack:
    providers = "providers:\n" + "".join(f"  {name}: {text}\n" for name, text in MODELS.items())
    chains = "fallbacks: {chains: {chat: [claude, dear, large, x]}}\n"
    return stack(f"{HEAD}mode: cloud\n{BOX}{providers}{chains}")


@pytest.fixture(scope="module")
def found(file: Stack) -> dict[str, Compared]:
    return {one.name: one for one in of_file(file, TODAY)}


def test_the_table_counts_where_the_file_states_nothing(found: dict[str, Compared]) -> None:
    claude = found["claude"]
    assert (claude.counts, claude.file) == ("table", None)
    assert claude.price == claude.table
    assert claude.price is not None
    assert (claude.price.input, claude.price.output) == (Decimal(2), Decimal(10))


def test_the_file_counts_before_the_table_and_the_difference_is_said(found: dict[str, Compared]) -> None:
    dear = found["dear"]
    assert dear.counts == "file"
    assert dear.price == price("1.0", "50.0")
    assert dear.differences[0] == "table: output 50 against 5, 10 times"
    assert "genai-prices: output 50 against 5, 10 times" in dear.differences


def test_a_price_that_only_genai_prices_has_is_found_by_the_address(found: dict[str, Compared]) -> None:
    large = found["large"]
    assert (large.counts, large.table) == ("genai-prices", None)
    assert isinstance(large.second, Seen)
    assert (large.second.price.input, large.second.price.output) == (Decimal(2), Decimal(6))
    assert large.second.matched == "mistral-large"


def test_a_model_that_nobody_prices_has_none(found: dict[str, Compared]) -> None:
    assert (found["x"].counts, found["x"].price, found["x"].second) == ("none", None, "not in genai-prices")


def test_a_tariff_of_long_prompts_that_the_table_lacks_is_said() -> None:
    sonnet = of_table("anthropic", "claude-sonnet-4-5", TODAY)
    assert sonnet.differences == ("genai-prices: tariff of long prompts none against above 200,000: 6/22.5",)


def test_a_tariff_of_long_prompts_is_compared_where_both_have_one() -> None:
    haiku = of_table("anthropic", "claude-haiku-5-5", TODAY)
    assert isinstance(haiku.second, Seen)
    assert haiku.table == haiku.second.price
    assert haiku.differences == ()


def test_reasons_why_there_is_no_second_price() -> None:
    assert second("ollama-cloud", "gpt-oss:20b-cloud", TODAY) == "a subscription, no price per token"
    assert second("google", "gemma-4-31b-it", TODAY) == "without a price per token in genai-prices"
    assert second("openai", "no-such-model", TODAY) == "not in genai-prices"
    assert second("openai-compatible", "m", TODAY, "https://far.example.com/v1") == "not in genai-prices"


def test_a_price_is_that_of_the_day() -> None:
    early = second("anthropic", "claude-sonnet-4-6", date(2026, 3, 12))
    late = second("anthropic", "claude-sonnet-4-6", TODAY)
    assert isinstance(early, Seen)
    assert isinstance(late, Seen)
    assert (early.since, late.since) == ("", "2026-03-13")
    assert early.price != late.price


def test_differences_by_hand() -> None:
    assert differences(price("3", "15"), price("3", "15")) == ()
    assert differences(price("3", "15"), price("0.003", "15")) == ("input 3 against 0.003, 1,000 times",)
    long, longer = price("6", "30"), price("7", "30")
    assert differences(price("3", "15", long), price("3", "15", longer)) == ("above 1,000 tokens: input 6 against 7",)
    assert differences(price("3", "15", long), price("3", "15"), both=True) == ()
    assert money(Decimal("10.0")) == "10"
    assert money(Decimal(100)) == "100"
    assert money(None) == "none"


def test_a_request_beyond_the_bound_is_charged_at_the_higher_tariff_as_a_whole() -> None:
    tariff = price("3", "15", price("6", "30"))
    assert request_usd(tariff, 1000, 100) == pytest.approx(0.0045)
    assert request_usd(tariff, 1001, 100) == pytest.approx(0.009006)
    kinds = (Work("a", 0.75, 1000, 100), Work(None, 0.25, 2000, 100))
    assert mean_usd(tariff, Traffic(1, kinds, "test")) == pytest.approx(0.75 * 0.0045 + 0.25 * 0.015)


@pytest.mark.parametrize(
    ("source", "model_id", "same"),
    [
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "Qwen/Qwen2.5-7B-Instruct-Turbo", True),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "meta-llama/Llama-3.3-70B-Instruct-Turbo", True),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "meta-llama/Meta-Llama-3.1-8B-Instruct", True),
        ("Qwen/Qwen2.5-Coder-7B-Instruct-AWQ", "Qwen/Qwen2.5-7B-Instruct-Turbo", False),
        ("qwen2.5:7b", "qwen2.5:7b", False),
    ],
)
def test_the_same_weights_are_told_by_their_name(source: str, model_id: str, same: bool) -> None:
    assert same_weights(source, model_id) is same


def test_everything_can_be_said_as_json(found: dict[str, Compared]) -> None:
    from msgspec import to_builtins

    assert json.dumps(to_builtins(list(found.values()), enc_hook=str))


def test_the_tariff_of_long_prompts_is_said_of_prices_from_wherever_they_come() -> None:
    long = Charged(5, 22.5)
    found = long_prompts(Charged(2.5, 15, above_tokens=272_000, above=long))
    assert str(found) == "5 + 22.5 above 272,000 tokens"
    assert long_prompts(long) is None
    assert long_prompts(Rates(2.5, 15, None, None, "a test", 272_000, Rates(5, 22.5, None, None, "a test"))) == found
