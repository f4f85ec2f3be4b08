"""Own card, rented GPU and API side by side: which ways there are, from when on they pay, and the picture of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.cost.break_even import stairs, stretches
from dreamc.cost.chart import Line
from dreamc.cost.compared import Cloud, Offer, chart, compare, furthest, shortened
from dreamc.cost.local import Figure, Server, exact
from dreamc.cost.types import Traffic, Work

DESK = Server(
    model="m", host="desk", card="rtx-4090", gpus=2,
    prefill=exact(2000.0, "test"), decode=exact(500.0, "test"), busy=exact(400.0, "test"), idle=exact(40.0, "test"),
    tariff=0.25, machine=0.05, rented=False, currency="USD",
)  # fmt: skip
TRAFFIC = Traffic(100.0, (Work(None, 1.0, 1000, 250),), "test")
OFFER = Offer(0.25, 0.5, 1.0, "an offer")
CLOUD = Cloud("claude", 0.002, "claude, dear")


def test_all_ways_are_compared_and_those_that_wait_are_never_the_cheapest_of_those_that_answer_at_once() -> None:
    found = compare(DESK, TRAFFIC, OFFER, CLOUD)
    assert [(one.way.name, one.waits) for one in found.choices] == [
        ("own: desk", False),
        ("rented, day and night", False),
        ("rented, by the hour", True),
        ("API: claude", False),
    ]
    assert [one.name for one in found.stretches] == ["API: claude", "own: desk"]
    assert found.stretches[0].high == pytest.approx(43.2 / 0.05925)


def test_a_rent_is_per_gpu() -> None:
    found = compare(DESK, TRAFFIC, OFFER, None)
    rented = found.choices[1]
    assert (rented.way.fixed, rented.low.fixed, rented.high.fixed) == (720, 360, 1440)


def test_from_when_on_a_way_pays_has_the_band_of_its_figures() -> None:
    found = compare(DESK, TRAFFIC, OFFER, CLOUD)
    points = {(one.name, one.other): one for one in found.points}
    rented = points["rented, day and night", "API: claude"]
    assert rented.per_day == pytest.approx(12_000)
    assert rented.low == pytest.approx(6000)
    assert rented.high == pytest.approx(24_000)
    assert points["own: desk", "API: claude"].low == points["own: desk", "API: claude"].high


def test_power_that_is_only_bounded_makes_the_own_card_pay_later_at_its_dearer_end() -> None:
    vague = replace(DESK, busy=Figure(4000.0, 40.0, 4000.0, "limit"))
    (found,) = compare(vague, TRAFFIC, None, CLOUD).points
    assert found.low == pytest.approx(43.2 / 0.06)
    assert found.per_day == found.high == pytest.approx(43.2 / (0.06 - 30 * 3.96 * 0.25 / 3600))


def test_what_never_pays_says_so() -> None:
    found = compare(DESK, TRAFFIC, None, replace(CLOUD, each=1e-9))
    assert [(one.per_day, one.high) for one in found.points] == [(None, None)]


def test_the_table_has_decades_the_stated_traffic_and_the_end() -> None:
    found = compare(DESK, replace(TRAFFIC, per_day=250.0), OFFER, CLOUD, 5000)
    assert [row.per_day for row in found.table] == [10, 100, 250, 1000, 5000]
    (own, rented, hours, api) = found.table[2].costs
    assert own.value == pytest.approx(43.2 + 250 * 30 * 0.000025)
    assert (rented.low, rented.value, rented.high) == (360, 720, 1440)
    assert hours.value == 30
    assert api.value == pytest.approx(15)


def test_a_rented_machine_of_the_file_is_not_rented_a_second_time() -> None:
    none = exact(0.0, "in the rent")
    node = replace(DESK, busy=none, idle=none, tariff=0.0, machine=2.4, rented=True)
    found = compare(node, TRAFFIC, Offer(1.2, 1.2, 1.2, "the rent"), CLOUD)
    assert [one.way.name for one in found.choices] == ["rented: desk", "rented, by the hour", "API: claude"]


def test_the_picture_ends_a_little_beyond_what_is_of_interest() -> None:
    found = compare(DESK, TRAFFIC, OFFER, CLOUD)
    assert (found.upto, found.looked) == pytest.approx((1500, 2 * 86400))
    busy = compare(DESK, replace(TRAFFIC, per_day=50_000.0), OFFER, CLOUD)
    assert (busy.upto, busy.looked) == (75_000, 500_000)
    assert compare(DESK, replace(TRAFFIC, per_day=0.0), None, None).upto > 0
    assert furthest(DESK, (1000, 250)) == pytest.approx(500 * 86400)


def test_the_picture_shows_every_way_the_traffic_and_where_it_pays() -> None:
    found = chart(compare(DESK, TRAFFIC, OFFER, CLOUD), "a note")
    assert [one.name for one in found.series] == [
        "own: desk",
        "rented, day and night",
        "rented, by the hour",
        "API: claude",
    ]
    assert [mark.label for mark in found.marks] == ["your traffic: 100", "from 729: own: desk"]
    assert (found.x, found.y, found.note) == ("requests per day", "USD per month", "a note")
    own, rented = found.series[:2]
    assert isinstance(own, Line)
    assert isinstance(rented, Line)
    assert own.band == ()
    assert rented.band[0] == pytest.approx((1500 / 240, 360, 1440))


def test_a_long_list_is_shortened_to_its_widest_parts_in_order() -> None:
    found = stretches((compare(DESK, TRAFFIC, OFFER, CLOUD).choices[0].way,), 10)
    pieces = tuple(replace(found[0], low=low, high=high) for low, high in ((0, 1), (1, 9), (9, 12)))
    assert [one.low for one in shortened(pieces, 2)] == [1, 9]


def test_nothing_is_looked_at_beyond_what_can_be_looked_at_whole() -> None:
    found = compare(DESK, replace(TRAFFIC, per_day=40_000_000.0), OFFER, CLOUD)
    assert found.looked == pytest.approx(500 * 86400)
    hours = found.choices[2].way
    assert len(stairs(hours, found.looked)) == 500 * 24
    assert found.table[-1].costs[2].value == pytest.approx(found.table[-1].costs[1].value)
