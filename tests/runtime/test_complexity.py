"""The score of a prompt is made of named factors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.complexity import CUES, LENGTH_CAP, MOST_WORDS, READ, Score, score
from dreamc.runtime.cues import CODE, MATHS, REASONING, STEPS

FINER = {"length", *(name for name, _, _ in CUES)}


def coarse(found: Score) -> float:
    return round(sum(factor.weight for factor in found.factors if factor.name not in FINER), 6)


def finer(found: Score) -> dict[str, float]:
    return {factor.name: factor.weight for factor in found.factors if factor.name in FINER}


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
    assert coarse(score(prompt)) == value


@pytest.mark.parametrize("prompt", ["add a prefix and a suffix", "the terror of it", "a ladybug", "an unfixed number"])
def test_a_word_inside_another_word_does_not_count(prompt: str) -> None:
    assert coarse(score(prompt)) == 0


def test_a_word_counts_wherever_it_first_begins_another() -> None:
    assert coarse(score("the prefix needs a fix")) == 0.2


def test_lengths_count_for_prompt_context_and_both() -> None:
    assert coarse(score("x" * 1_001)) == 0.2
    assert coarse(score("x", "y" * 10_001)) == 0.3
    assert coarse(score("x", "y" * 40_000)) == 0.7
    assert coarse(score("x", tokens=8_001)) == 0.4


def test_explaining_counts_only_with_a_long_context() -> None:
    assert coarse(score("explain this", "y" * 5_001)) == 0.3
    assert coarse(score("explain this", "y" * 5_000)) == 0


def test_of_two_prompts_that_are_otherwise_alike_the_longer_scores_higher() -> None:
    assert 0 < score("hello").value < score("hello there").value < score("hello there " * 50).value


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("write a python function", "words of code"),
        ("what is the probability", "words of maths"),
        ("why is that", "words of reasoning"),
        ("do this and then that", "words of sequence"),
    ],
)
def test_words_that_ask_for_thinking_raise_the_score_a_little(prompt: str, name: str) -> None:
    found = finer(score(prompt))

    assert found.keys() == {"length", name}
    assert 0 < found[name] <= 0.03


def test_many_words_of_a_kind_count_as_three_and_a_repeated_one_as_one() -> None:
    assert finer(score("python java rust bash git html"))["words of code"] == pytest.approx(0.045)
    assert finer(score("python python python"))["words of code"] == pytest.approx(0.015)


def test_what_only_orders_never_takes_a_short_plain_prompt_out_of_the_first_tier() -> None:
    most = LENGTH_CAP + sum(MOST_WORDS * weight for _, _, weight in CUES)
    words = " ".join(sorted(CODE | MATHS | REASONING | STEPS)[:60]).replace("bug", "").replace("debug", "")

    assert most < 0.36
    assert score(words[:300]).value < 0.3


def test_words_are_looked_for_at_both_ends_of_a_very_long_prompt() -> None:
    filler = "x " * READ

    assert coarse(score(f"redesign it {filler}")) == coarse(score(f"{filler} redesign it")) == 0.5
    assert coarse(score(f"{filler} redesign it {filler}")) == 0.2  # its length only


def test_a_score_says_what_it_is_made_of() -> None:
    assert str(score("redesign it and fix the error")) == "0.512 (asks for a redesign, asks for a fix, length)"
    assert str(score("")) == "0 (nothing found)"


def test_a_score_just_below_a_bound_is_not_shown_as_the_bound() -> None:
    assert str(Score(0.29996, ())).startswith("0.299 ")


def test_everything_at_once_is_one() -> None:
    assert score("refactor, fix and explain " + "x" * 1_000, "y" * 50_000).value == 1


@given(st.text(), st.text(), st.none() | st.integers(0, 10**6))
def test_a_score_lies_between_nothing_and_one(prompt: str, context: str, tokens: int | None) -> None:
    assert 0 <= score(prompt, context, tokens).value <= 1


@given(st.text(max_size=300))
def test_the_same_prompt_has_the_same_score_and_its_factors_add_up_to_it(prompt: str) -> None:
    found = score(prompt)

    assert found == score(prompt)
    assert found.value == pytest.approx(min(sum(factor.weight for factor in found.factors), 1))
