"""Beta posteriors: figures that are known, and what must hold for all of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.learning.posterior import Beta, at_least, below, interval, posterior

SIZES = st.floats(0.05, 500)


@pytest.mark.parametrize(
    ("rate", "limit", "expected"),
    [
        (Beta(1, 1), 0.3, 0.3),
        (Beta(2, 3), 0.4, 0.5248),  # 1 - sum of binomials: P(Bin(4, .4) < 2)
        (Beta(0.5, 0.5), 0.5, 0.5),
        (Beta(3, 1), 0.5, 0.125),
        (Beta(1, 4), 0.1, 1 - 0.9**4),
    ],
)
def test_the_share_below_a_limit_is_that_of_the_textbook(rate: Beta, limit: float, expected: float) -> None:
    assert below(rate, limit) == pytest.approx(expected, abs=1e-9)


@given(SIZES, SIZES, st.floats(0, 1), st.floats(0, 1))
def test_more_lies_below_a_higher_limit(a: float, b: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= below(Beta(a, b), low) <= below(Beta(a, b), high) + 1e-9 <= 1 + 2e-9


def test_one_rate_is_above_another_as_often_as_in_a_drawn_sample() -> None:
    draw = random.Random(1)
    for rate, other, more in (
        (Beta(20, 5), Beta(22, 4), -0.05),
        (Beta(0.3, 9), Beta(1, 9), 0.0),
        (Beta(180, 20), Beta(150, 50), 0.1),
    ):
        hits = sum(draw.betavariate(rate.a, rate.b) >= draw.betavariate(other.a, other.b) + more for _ in range(20_000))
        assert at_least(rate, other, more) == pytest.approx(hits / 20_000, abs=0.015)


@given(SIZES, SIZES)
def test_a_rate_is_above_an_equal_one_half_of_the_time(a: float, b: float) -> None:
    assert at_least(Beta(a, b), Beta(a, b)) == pytest.approx(0.5, abs=0.03)


def test_the_prior_is_what_other_actions_say_and_outcomes_outweigh_it() -> None:
    fresh = posterior(0, 0, 90, 10)
    assert fresh.mean == pytest.approx(91 / 102)
    assert fresh.a + fresh.b == pytest.approx(5)
    assert posterior(0, 200, 90, 10).mean < 0.05


def test_with_nothing_known_every_rate_is_as_likely() -> None:
    assert posterior(0, 0, 0, 0) == Beta(1, 1)


def test_the_interval_holds_what_it_says() -> None:
    rate = Beta(20, 5)
    low, high = interval(rate, 0.9)
    assert below(rate, high) - below(rate, low) == pytest.approx(0.9, abs=0.01)
