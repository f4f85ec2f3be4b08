"""Bounds: quantiles of one's own scores, held against scores that did not choose them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.usage_log import requests
from dreamc.learning.bounds import Scored, bound, calibrated, scored, widths
from dreamc.learning.outcomes import Label
from tests.unit.learning.worlds import line

BOUNDS = (("fast", 0.3), ("good", 0.6), ("best", 1.0))
SHARES = {"fast": 0.5, "good": 0.3, "best": 0.2}


def log(n: int, seed: int = 0) -> Scored:
    draw = random.Random(seed)
    lines = (line(i, action=None, score=round(draw.betavariate(2, 9), 4)) for i in range(1, n + 1))
    return scored(requests(lines), (), ())


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_within_5_points_on_the_half_that_was_held_out(seed: int) -> None:
    parts = calibrated(log(4000, seed), BOUNDS, SHARES)

    assert [part.tier for part in parts] == ["fast", "good", "best"]
    assert not any(part.off for part in parts)
    assert sum(part.held for part in parts) == pytest.approx(1)
    assert parts[-1].up_to == 1


def test_the_present_bounds_are_far_off_and_that_is_shown() -> None:
    parts = calibrated(log(4000), BOUNDS, SHARES)
    assert parts[0].now > 0.8


def test_equal_scores_that_cannot_be_parted_are_named() -> None:
    scores = (0.1,) * 70 + tuple(0.2 + n / 1000 for n in range(30))
    fast, good, _ = calibrated(Scored(scores, scores), BOUNDS, SHARES)

    assert fast.off
    assert fast.tie == pytest.approx(0.7)
    assert 0.1 < fast.up_to <= 0.2
    assert fast.up_to <= good.up_to


def test_a_bound_is_a_number_that_people_would_write() -> None:
    assert bound((0.1, 0.1337, 0.1442, 0.3), 0.5) == 0.14


def test_only_requests_that_the_score_decided_count_and_each_once() -> None:
    found = scored(
        requests(
            (
                line(1, action="edit", score=0.5),
                line(2, action=None, score=0.2),
                line(3, action="new", score=0.3),
                line(4, action="new", score=0.4, part="escalation"),
                line(5, action="new"),
            )
        ),
        (Label(1.0, action="new", tier="good", score=0.9), Label(1.0, action="edit", tier="good", score=0.8)),
        ("edit",),
    )

    assert sorted((*found.chosen, *found.held)) == [0.2, 0.3, 0.9]


def test_without_shares_the_bounds_say_them() -> None:
    assert widths(BOUNDS) == pytest.approx({"fast": 0.3, "good": 0.3, "best": 0.4})


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0, 1).map(lambda x: round(x, 6)), min_size=1, max_size=200), st.floats(0, 1))
def test_no_other_bound_comes_nearer(scores: list[float], share: float) -> None:
    ordered = tuple(sorted(scores))
    found = bound(ordered, share)
    off = abs(sum(one < found for one in ordered) / len(ordered) - share)
    best = min(abs(sum(one < other for one in ordered) / len(ordered) - share) for other in (*ordered, 0.0, 1.0))
    assert off <= best + 1 / len(ordered)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=80), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_bounds_rise_and_end_at_1(scores: list[float], cuts: tuple[float, float]) -> None:
    low, high = sorted(cuts)
    ordered = tuple(sorted(scores))
    parts = calibrated(Scored(ordered, ordered), BOUNDS, {"fast": low, "good": high - low, "best": 1 - high})

    found = [part.up_to for part in parts]
    assert found == sorted(found)
    assert found[-1] == 1
    assert found[0] >= 0
