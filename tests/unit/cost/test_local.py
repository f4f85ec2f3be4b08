"""What local tokens cost: by hand, and what must hold for every server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dreamc.cost.local import (
    Figure,
    Plain,
    Server,
    corners,
    exact,
    hour,
    load,
    mean_tokens,
    plain,
    row,
    row_of,
    second,
    seconds,
    table,
)
from dreamc.cost.types import Traffic, Work

DESK = Server(
    model="m", host="desk", card="rtx-4090", gpus=1,
    prefill=exact(2000.0, "test"), decode=exact(500.0, "test"), busy=exact(400.0, "test"), idle=exact(40.0, "test"),
    tariff=0.25, machine=0.05, rented=False, currency="USD",
)  # fmt: skip
ASKED = (1000.0, 250.0)
"""Half a second of reading and half of writing."""
TRAFFIC = Traffic(8640.0, (Work("a", 0.5, 500, 125), Work(None, 0.5, 1500, 375)), "test")

speed = st.floats(1, 1e5)
watts = st.floats(0, 2000)
money = st.floats(0, 10)
share = st.floats(0.001, 1.0)


@st.composite
def servers(draw: st.DrawFn) -> Plain:
    idle = draw(watts)
    return Plain(draw(speed), draw(speed), idle + draw(watts), idle, draw(money), draw(money))


def test_an_hour_by_hand() -> None:
    # 0.05 for the machine; 40 W at rest are 0.01 an hour at 0.25 per kWh, 360 W more at work 0.09.
    assert hour(plain(DESK), 0.0) == pytest.approx(0.06)
    assert hour(plain(DESK), 0.5) == pytest.approx(0.105)
    assert hour(plain(DESK), 1.0) == pytest.approx(0.15)


def test_a_million_tokens_by_hand() -> None:
    # At work all the time an hour reads 7.2 million tokens or writes 1.8 million.
    found = row(DESK, 1.0)
    assert found.input.value == pytest.approx(0.15 / 7.2)
    assert found.output.value == pytest.approx(0.15 / 1.8)
    # A quarter of the time: 0.0825 for a quarter of the tokens.
    assert row(DESK, 0.25).output.value == pytest.approx(0.0825 / 0.45)


def test_the_stated_traffic_by_hand() -> None:
    # 8,640 requests of one second are a tenth of a day.
    found = row_of(DESK, 8640.0, ASKED)
    assert found is not None
    assert found.servers == 1
    assert found.utilisation == pytest.approx(0.1)
    assert found.request is not None
    assert found.request.value == pytest.approx(24 * 0.069 / 8640)


def test_traffic_beyond_one_server_takes_more_of_them() -> None:
    assert load(plain(DESK), 86400.0, ASKED) == pytest.approx((1, 1.0))
    servers_, busy = load(plain(DESK), 200000.0, ASKED)
    assert servers_ == 3
    assert busy == pytest.approx(200000 / 86400 / 3)


def test_kinds_of_requests_are_averaged_and_the_table_ends_with_the_stated_traffic() -> None:
    assert mean_tokens(TRAFFIC) == ASKED
    rows = table(DESK, TRAFFIC)
    assert [one.name for one in rows] == ["at 5%", "at 25%", "at 50%", "at 100%", "stated traffic"]
    assert rows[0].per_day == pytest.approx(4320)
    assert [one.name for one in table(DESK, None)] == [one.name for one in rows[:4]]
    assert table(DESK, None)[0].request is None
    assert len(table(DESK, replace(TRAFFIC, per_day=0.0))) == 4


def test_a_rented_machine_costs_its_rent_whatever_it_does() -> None:
    none = exact(0.0, "in the rent")
    node = replace(DESK, busy=none, idle=none, tariff=0.0, machine=2.4, rented=True)
    assert row(node, 0.05).hour.value == row(node, 1.0).hour.value == 2.4
    assert row(node, 1.0).output.value == pytest.approx(2.4 / 1.8)


def test_what_is_only_bounded_gives_a_band() -> None:
    vague = replace(DESK, busy=Figure(400.0, 40.0, 400.0, "limit"), decode=Figure(500.0, 400.0, 800.0, "modelled"))
    found = row(vague, 1.0)
    assert found.output.high == pytest.approx(0.15 / 1.44)
    assert found.output.low == pytest.approx(0.06 / 2.88)
    assert found.output.value == pytest.approx(0.15 / 1.8)
    assert found.input.low < found.input.value == found.input.high
    exactly = row(DESK, 1.0).output
    assert exactly.low == exactly.value == exactly.high
    assert corners(DESK) == (plain(DESK), plain(DESK))


@given(servers(), share, share)
def test_a_token_costs_less_the_busier_the_server_is(server: Plain, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert second(server, high) <= second(server, low) * (1 + 1e-9)


@given(servers(), share)
def test_energy_adds_up(server: Plain, busy: float) -> None:
    power = busy * server.busy + (1 - busy) * server.idle
    assert hour(server, busy) == pytest.approx(server.machine + server.tariff * power / 1000)


@given(servers(), share, st.floats(0, 1))
def test_what_all_tokens_of_an_hour_cost_is_what_the_hour_costs(server: Plain, busy: float, reading: float) -> None:
    tokens = (server.prefill * 3600 * busy * reading, server.decode * 3600 * busy * (1 - reading))
    price = second(server, busy)
    assert tokens[0] / server.prefill * price + tokens[1] / server.decode * price == pytest.approx(hour(server, busy))


@given(servers(), st.floats(1, 1e6), st.floats(1, 1e4), st.floats(0, 1e4))
def test_servers_are_never_more_than_busy(server: Plain, per_day: float, read: float, written: float) -> None:
    servers_, busy = load(server, per_day, (read, written))
    assert servers_ >= 1
    assert 0 < busy <= 1 + 1e-9
    assert servers_ * busy == pytest.approx(per_day * seconds(server, (read, written)) / 86400)
