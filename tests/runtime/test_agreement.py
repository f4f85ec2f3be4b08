"""When two answers count as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.agreement import AGREED, agree, shares

PLAN = "Use a queue to decouple the producer from the consumer, and retry failed jobs with exponential backoff."
SAME_PLAN = "Decouple producer and consumer with a queue; failed jobs should be retried with exponential backoff."
CAKE = "Bake the cake for forty minutes at a moderate temperature until its top turns golden brown and firm."


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("42", "42"),
        ("1,000", "1000.0"),
        ("The answer is 42.", "Six times seven makes that.\n#### 42"),
        ("So x = 7.\nAnswer: 7 apples", "\\boxed{7}"),
        ('{"a": 1, "b": [2]}', '{"b": [2], "a": 1.0}'),
        ("Paris", "paris."),
        ("Paris", "The capital of France is Paris."),
        ("B", "B) It is blue"),
        ("No.", "No, because it is red."),
        (PLAN, SAME_PLAN),
        ("```python\nprint(1)\n```", "Sure:\n```python\nprint(1)\n```\nDone."),
    ],
)
def test_answers_that_say_the_same_agree(first: str, second: str) -> None:
    assert agree(first, second) >= AGREED


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("42", "43"),
        ("The answer is 42.", "#### 41"),
        ('{"a": 1}', '{"a": 2}'),
        ("true", "1"),
        ("Paris", "Berlin"),
        ("No", "Yes, there is no problem with it."),
        ("", ""),
        ("Paris", ""),
        (PLAN, CAKE),
    ],
)
def test_answers_that_say_something_else_do_not(first: str, second: str) -> None:
    assert agree(first, second) < AGREED


@given(st.text(max_size=200), st.text(max_size=200))
def test_agreement_is_symmetric_and_lies_between_0_and_1(first: str, second: str) -> None:
    assert agree(first, second) == agree(second, first)
    assert 0 <= agree(first, second) <= 1


@given(st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip())))
def test_an_answer_agrees_with_itself(text: str) -> None:
    assert agree(text, text) == 1


def test_shares_count_oneself() -> None:
    assert shares(("Paris", "Paris.", "Berlin")) == pytest.approx((2 / 3, 2 / 3, 1 / 3))
