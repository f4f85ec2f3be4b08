"""What a call costs is exact, and what it may cost is never less than what it then does."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.money import WINDOW_TOKENS, Usage, cost, dollars, nano, prompt_bound, usage_of, worst
from dreamc.runtime.types import Member, Price

SONNET = Price(3, 15, 0.3, 3.75)
tokens = st.integers(0, 2_000_000)
prices = st.decimals(0, 1_000, places=3).map(float)


def member(context: int | None = 200_000, max_output: int | None = 64_000) -> Member:
    return Member("claude", "cloud", "api.anthropic.com", None, context, SONNET, (), "anthropic", max_output)


def chat(content: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **more}


@given(prices, prices, tokens, tokens)
def test_a_call_costs_exactly_its_tokens_times_the_price(into: float, out: float, prompt: int, completion: int) -> None:
    exact = (Fraction(str(into)) * prompt + Fraction(str(out)) * completion) * 1_000

    assert cost(Price(into, out), Usage(prompt, completion)) == -(-exact.numerator // exact.denominator)


def test_a_thousand_small_amounts_add_up_to_the_cent() -> None:
    one = cost(Price(0.075, 0.3), Usage(7, 3))

    assert one == 1_425
    assert dollars(1_000 * one) == 0.001425


def test_what_went_through_the_providers_cache_has_its_own_price() -> None:
    assert cost(SONNET, Usage(1_000, 0, cache_read=600, cache_write=300)) == nano(
        (100 * 3 + 600 * 0.3 + 300 * 3.75) / 1e6
    )
    assert cost(Price(3, 15), Usage(1_000, 0, cache_read=600, cache_write=300)) == nano(0.003)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(10, 5, 4)),
        ({"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}}, Usage(10, 5, 4)),
        (
            {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 3},
            Usage(17, 5, 4, 3),
        ),
        (
            {
                "prompt_tokens": 17,
                "completion_tokens": 5,
                "cache_read_input_tokens": 4,
                "cache_creation_input_tokens": 3,
            },
            Usage(17, 5, 4, 3),
        ),
        ({"prompt_tokens": 8, "total_tokens": 8}, Usage(8, 0)),
        ({}, None),
        (None, None),
    ],
)
def test_usage_is_read_in_the_shape_of_every_api(usage: Any, expected: Usage | None) -> None:
    assert usage_of({"usage": usage}) == expected
    if usage is not None:
        assert usage_of(SimpleNamespace(usage=SimpleNamespace(**usage))) == expected


@given(st.text(max_size=300), st.integers(1, 8))
def test_a_prompt_has_at_most_as_many_tokens_as_bytes(text: str, messages: int) -> None:
    body = {"messages": [{"role": "user", "content": text}] * messages}

    assert prompt_bound(body) >= len(text.encode("utf-8", "surrogatepass")) * messages + 16 * messages


def test_pictures_count_at_a_bound_of_their_own_and_not_by_their_bytes() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 3_000_000}}

    assert 50_000 <= prompt_bound(chat([{"type": "text", "text": "what is it?"}, picture])) < 51_000


@pytest.mark.parametrize(
    "body",
    [
        chat([{"type": "file", "file": {"file_id": "f"}}]),
        chat([{"type": "document", "source": {"data": "AAAA"}}]),
        {"input": "go on", "previous_response_id": "r"},
        {"prompt": {"id": "kept at the provider"}},
        chat("hi", tools=[{"type": "web_search"}]),
    ],
)
def test_what_brings_in_text_from_elsewhere_counts_as_the_whole_window(body: dict[str, Any]) -> None:
    assert prompt_bound(body) == WINDOW_TOKENS
    assert worst(SONNET, member(), body, WINDOW_TOKENS) == worst(SONNET, member(), body, 200_000)


def test_the_callers_own_limit_lowers_what_a_call_may_cost() -> None:
    priced = Price(0, 10)
    assert worst(priced, member(), chat("hi", max_tokens=100), 0) == nano(0.001)
    assert worst(priced, member(), chat("hi", max_completion_tokens=100, n=3), 0) == nano(0.003)
    assert worst(priced, member(), chat("hi", max_tokens=10**9), 0) == nano(0.64)
    assert worst(priced, member(), chat("hi", max_tokens=-1), 0) == nano(0.64)
    assert worst(priced, member(max_output=None), chat("hi"), 0) == nano(2)
    assert worst(priced, member(), {"prompt": ["a", "b"], "max_tokens": 100}, 0) == nano(0.002)
    assert worst(priced, member(), {"input": "hi"}, 0, answers=False) == 0


def test_a_prompt_that_is_written_to_the_cache_counts_at_that_price() -> None:
    cached = {"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}}

    assert worst(SONNET, member(), chat("hi", max_tokens=1), 1_000) == nano(0.00375 + 0.000015)
    assert worst(SONNET, member(), chat([cached], max_tokens=1), 1_000) == nano(0.006 + 0.000015)


def test_a_long_prompt_is_charged_at_the_tariff_of_long_prompts_all_of_it() -> None:
    gemini = Price(1.25, 10, 0.125, above_tokens=200_000, above=Price(2.5, 15, 0.25))

    assert cost(gemini, Usage(200_000, 1_000)) == nano(0.25 + 0.01)
    assert cost(gemini, Usage(300_000, 1_000)) == nano(0.75 + 0.015)
    assert cost(gemini, Usage(300_000, 0, cache_read=100_000)) == nano(0.5 + 0.025)


@given(tokens, tokens, tokens)
def test_a_reservation_covers_every_prompt_up_to_its_bound_whatever_the_tariffs(
    bound: int, part: int, completion: int
) -> None:
    odd = Price(3, 15, above_tokens=100_000, above=Price(1, 5))
    one = member(context=2_000_000, max_output=None)
    used = Usage(min(bound, part), completion)

    assert worst(odd, one, {"max_tokens": completion or 1}, bound) >= cost(odd, used)
