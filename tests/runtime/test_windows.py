"""Which members' windows hold a prompt; LiteLLM counts only where it is not plain."""

from __future__ import annotations

import asyncio
from typing import Any

import litellm
import pytest

from dreamc.runtime import windows
from dreamc.runtime.windows import fitting

SMALL, LARGE, UNSAID = ({"model_info": {"id": name, "max_input_tokens": size}} for name, size in (
    ("small", 1_000), ("large", 100_000), ("unsaid", None),
))  # fmt: skip


def chat(text: str, **more: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


def names(*deployments: dict[str, Any], call: dict[str, Any]) -> list[str]:
    found = asyncio.run(fitting(list(deployments), call, "tier:x"))
    return [str(one["model_info"]["id"]) for one in found]


@pytest.fixture
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(**given: object) -> int:
        raise AssertionError(f"counted {given}")

    monkeypatch.setattr(windows, "count", count)


@pytest.mark.usefixtures("uncounted")
def test_a_prompt_of_fewer_bytes_than_the_smallest_window_has_tokens_is_not_counted() -> None:
    assert names(SMALL, LARGE, UNSAID, call=chat("x" * 700)) == ["small", "large", "unsaid"]


@pytest.mark.usefixtures("uncounted")
def test_members_that_state_no_window_are_nothing_to_count_for() -> None:
    assert names(UNSAID, call=chat("x" * 1_000_000)) == ["unsaid"]


def test_many_bytes_that_are_few_tokens_fit() -> None:
    assert names(SMALL, LARGE, call=chat("hello " * 500)) == ["small", "large"]


def test_a_long_prompt_leaves_only_larger_windows_and_those_that_state_none() -> None:
    assert names(SMALL, LARGE, UNSAID, call=chat("one two three " * 1_000)) == ["large", "unsaid"]


def test_what_a_system_prompt_and_tools_add_counts() -> None:
    words = "one two three " * 1_000
    tool = {"type": "function", "function": {"name": "f", "description": words, "parameters": {"type": "object"}}}
    assert names(SMALL, LARGE, call=chat("hi", system=words)) == ["large"]
    assert names(SMALL, LARGE, call=chat("hi", tools=[tool])) == ["large"]


def test_of_many_inputs_the_longest_counts_and_not_their_sum() -> None:
    assert names(SMALL, LARGE, call={"input": ["one two three " * 100] * 20}) == ["small", "large"]
    assert names(SMALL, LARGE, call={"input": ["hi", "one two three " * 1_000]}) == ["large"]


def test_the_input_of_a_response_counts_with_its_instructions() -> None:
    items = [{"role": "user", "content": [{"type": "input_text", "text": "one two three " * 200}]}]
    assert names(SMALL, LARGE, call={"input": items}) == ["small", "large"]
    assert names(SMALL, LARGE, call={"input": items, "instructions": "one two three " * 200}) == ["large"]


def test_a_prompt_that_fits_nobody_is_an_error_after_which_larger_windows_are_asked() -> None:
    with pytest.raises(litellm.ContextWindowExceededError, match="tokens do not fit the window of any model"):
        names(SMALL, call=chat("one two three " * 1_000))


def test_what_cannot_be_counted_is_left_to_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**given: object) -> int:
        raise KeyError("no such tokenizer")

    monkeypatch.setattr(litellm, "token_counter", broken)
    assert names(SMALL, call=chat("one two three " * 1_000)) == ["small"]
