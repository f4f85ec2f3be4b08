"""What is drawn for an interval."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost.interval import FEWEST_DAYS, band, drawn, groups


def test_days_are_drawn_where_there_are_enough_and_blocks_of_requests_else() -> None:
    days = [f"2026-11-{day:02}" for day in range(1, FEWEST_DAYS + 1) for _ in range(3)]
    by_day = groups(days)
    assert by_day is not None
    assert (by_day.unit, by_day.places[1], len(by_day.places)) == ("days", (3, 4, 5), FEWEST_DAYS)
    few = groups(["2026-11-01"] * 250)
    assert few is not None
    assert few.unit == "blocks of requests"
    assert len(few.places) <= 100
    assert [at for one in few.places for at in one] == list(range(250))


def test_a_handful_of_requests_is_no_sample() -> None:
    assert groups(["2026-11-01"] * 9) is None


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(0, 1 << 70))
def test_a_seed_draws_the_same(count: int, seed: int) -> None:
    first, again = list(drawn(count, 5, seed)), list(drawn(count, 5, seed))
    assert first == again
    assert all(0 <= at < count for draw in first for at in draw)


def test_a_band_leaves_out_a_fortieth_on_either_side() -> None:
    assert band([float(n) for n in range(1001)]) == pytest.approx((25, 975))
    assert band([7.0] * 10) == (7, 7)
