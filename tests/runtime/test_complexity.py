"""The score of a prompt is made of named factors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.complexity import score


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("rename this variable", 0),
        ("redesign the payment architecture", 0.3),
        ("Refactor this module", 0.3),
        ("fix the bug in the parser", 0.2),
        ("debug and redesign it", 0.5),
        ("explain this", 0),
    ],
)
def test_words_of_a_short_prompt_add_up(prompt: str, value: float) -> None:
    assert score(prompt).value == value


@pytest.mark.parametrize("prompt", ["add a prefix and a suffix", "the terror of it", "a ladybug", "an unfixed number"])
def test_a_word_inside_another_word_does_not_count(prompt: str) -> None:
    assert score(prompt).factors == ()


def test_lengths_count_for_prompt_context_and_both() -> None:
    assert score("x" * 1_001).value == 0.2
    assert score("x", "y" * 10_001).value == 0.3
    assert score("x", "y" * 40_000).value == 0.7
    assert score("x", tokens=8_001).value == 0.4


def test_explaining_counts_only_with_a_long_context() -> None:
    assert score("explain this", "y" * 5_001).value == 0.3
    assert score("explain this", "y" * 5_000).value == 0


def test_a_score_says_what_it_is_made_of() -> None:
    assert str(score("redesign it and fix the error")) == "0.5 (asks for a redesign, asks for a fix)"


def test_everything_at_once_is_one() -> None:
    assert score("refactor, fix and explain " + "x" * 1_000, "y" * 50_000).value == 1


@given(st.text(), st.text(), st.none() | st.integers(0, 10**6))
def test_a_score_lies_between_nothing_and_one(prompt: str, context: str, tokens: int | None) -> None:
    assert 0 <= score(prompt, context, tokens).value <= 1
