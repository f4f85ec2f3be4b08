"""Where ways to have requests answered cross: by hand, and as properties."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.cost.break_even import (
    Way,
    all_day,
    api,
    by_the_hour,
    crossings,
    first_below,
    month,
    outline,
    own,
    stairs,
    stretches,
    units,
)
from dreamc.cost.local import Plain, hour, seconds

DESK = Plain(prefill=2000, decode=500, busy=400, idle=40, tariff=0.25, machine=0.05)
ASKED = (1000.0, 250.0)
"""A second of the desk."""
CLOUD = api("api", 0.002)


def test_an_own_card_by_hand() -> None:
    way = own("own", DESK, ASKED)
    assert way.fixed == pytest.approx(0.06 * 720)
    assert way.each == pytest.approx(0.36 * 0.25 / 3600)
    assert way.capacity == pytest.approx(86400)
    assert way.least == 1
    assert month(way, 0) == pytest.approx(43.2)
    assert month(way, 1000) == pytest.approx(43.2 + 30_000 * 0.000025)
    assert month(way, 86401) == pytest.approx(86.4 + 86401 * 30 * 0.000025)


def test_an_own_card_and_an_api_meet_where_both_cost_the_same() -> None:
    # 43.2 + 0.00075 x = 0.06 x
    (found,) = crossings((own("own", DESK, ASKED), CLOUD), 50_000)
    assert found.per_day == pytest.approx(43.2 / 0.05925)
    assert (found.before, found.after, found.kind) == ("api", "own", "meet")
    assert found.before_costs == pytest.approx(found.after_costs)
    assert first_below(own("own", DESK, ASKED), CLOUD, 50_000) == pytest.approx(43.2 / 0.05925)
    assert first_below(own("own", DESK, ASKED), CLOUD, 500) is None


def test_rented_day_and_night_costs_its_hours_and_another_server_is_a_stair() -> None:
    way = all_day("rented", 1.0, DESK, ASKED)
    assert (month(way, 0), month(way, 86400), month(way, 86401)) == (720, 720, 1440)
    assert stairs(way, 200_000) == (86400.0, 172_800.0)


def test_rented_by_the_hour_costs_whole_hours_and_nothing_without_work() -> None:
    way = by_the_hour("hours", 1.0, DESK, ASKED)
    assert [month(way, load) for load in (0, 1, 3600, 3601, 7200)] == [0, 30, 30, 60, 60]


def test_a_stair_can_make_another_way_the_cheapest() -> None:
    fixed, slope = Way("fixed", 10.0, 0.0, 100.0, 1), Way("slope", 0.0, 12 / 100 / 30, None, 0)
    found = crossings((fixed, slope), 120)
    assert [(one.before, one.after, one.kind) for one in found] == [
        ("slope", "fixed", "meet"),
        ("fixed", "slope", "stair"),
    ]
    assert found[1].per_day == 100
    assert found[1].before_costs == pytest.approx(20)
    assert found[1].after_costs == pytest.approx(12)


def test_of_equal_ways_the_first_is_taken_all_the_way() -> None:
    one, other = Way("one", 5.0, 0.001, 50.0, 1), Way("other", 5.0, 0.001, 50.0, 1)
    (found,) = stretches((one, other), 400)
    assert (found.name, found.low, found.high) == ("one", 0, 400)


def test_an_outline_holds_both_ends_of_every_stair() -> None:
    way = Way("w", 10.0, 0.0, 100.0, 1)
    assert outline(way, 250) == ((0, 10), (100, 10), (100, 20), (200, 20), (200, 30), (250, 30))
    assert outline(CLOUD, 100)[1] == pytest.approx((100, 6))


# Whole nano-dollars, as money is counted: a price of 5e-324 loses more in a division than it is.
price = st.integers(0, 10**12).map(lambda nano: nano / 1e9)
each = st.integers(0, 5 * 10**8).map(lambda nano: nano / 1e9)
room = st.none() | st.floats(5, 500)


@st.composite
def ways(draw: st.DrawFn) -> tuple[Way, ...]:
    count = draw(st.integers(2, 4))
    return tuple(Way(f"w{at}", draw(price), draw(each), draw(room), draw(st.integers(0, 1))) for at in range(count))


@given(ways(), st.floats(1, 2000))
def test_at_a_crossing_that_is_no_stair_both_cost_the_same(found: tuple[Way, ...], upto: float) -> None:
    for one in crossings(found, upto):
        if one.kind == "meet":
            assert one.before_costs == pytest.approx(one.after_costs, rel=1e-9, abs=1e-9)
        else:
            assert one.after_costs < one.before_costs
            assert any(one.per_day in (0.0, *stairs(way, upto)) for way in found)


@given(ways(), st.floats(1, 2000), st.floats(0.0001, 0.9999))
def test_nobody_is_cheaper_than_the_one_named(found: tuple[Way, ...], upto: float, at: float) -> None:
    parts = stretches(found, upto)
    assert (parts[0].low, parts[-1].high) == (0, upto)
    assert all(one.high == two.low and one.name != two.name for one, two in pairwise(parts))
    load = at * upto
    named = next(one.name for one in parts if one.low <= load <= one.high)
    costs = {way.name: month(way, load) for way in found}
    near = any(abs(load - edge) < 1e-6 * upto for one in parts for edge in (one.low, one.high))
    near = near or any(abs(load - edge) < 1e-6 * upto for way in found for edge in stairs(way, upto))
    assert near or costs[named] <= min(costs.values()) * (1 + 1e-9) + 1e-9


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(0, 500), st.floats(0, 500), st.floats(0, 1), st.floats(0, 2))
def test_a_month_of_an_own_card_is_its_hours(
    prefill: float, decode: float, idle: float, more: float, tariff: float, machine: float
) -> None:
    server = Plain(prefill, decode, idle + more, idle, tariff, machine)
    way = own("own", server, ASKED)
    load = 0.4 * 86400 / seconds(server, ASKED)
    assert units(way, load) == 1
    assert month(way, load) == pytest.approx(720 * hour(server, 0.4))
