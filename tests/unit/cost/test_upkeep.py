"""What own machines cost a day under a load, worked out by hand."""

from __future__ import annotations

import pytest

from dreamc.cost.upkeep import Upkeep, upkeep
from tests.unit.stack.files import BOX, HEAD, SMALL, stack

BASE = f"{HEAD}mode: local\n{BOX}{SMALL}fallbacks: {{chains: {{chat: [m]}}}}\n"
OWNED = "{busy: 300 W, idle: 100 W, price: 2190 EUR, lifetime: 1y}"
SPEED = "models: {m: {prefill: 1000 tok/s, decode: 50 tok/s}}"


def box(host: str, more: str = "", load: tuple[float, float] = (3_600_000, 360_000)) -> Upkeep:
    """A load of 3,600 + 7,200 seconds: three hours of work a day."""
    of = stack(f"{BASE}costs: {{electricity: 0.50 EUR/kWh, hosts: {{box: {host}}}, {SPEED}{more}}}\n")
    (found,) = upkeep(of, {"m": load})
    return found


def test_power_at_rest_flows_all_day_work_on_top_and_the_price_is_spread() -> None:
    """2190 EUR over 365 days are 6 a day; 24 h x 0.1 kW + 3 h x 0.2 kW = 3 kWh are 1.50."""
    found = box(OWNED)
    assert found.busy == pytest.approx(3 / 24)
    assert found.day is not None
    assert (found.day.value, found.day.low, found.day.high) == pytest.approx((7.5, 7.5, 7.5))
    assert found.day.currency == "EUR"


def test_it_is_in_dollars_where_a_rate_is_stated() -> None:
    found = box(OWNED, ", exchange: {EUR: 2 USD}")
    assert found.day is not None
    assert found.day.currency == "USD"
    assert found.day.value == pytest.approx(15)


def test_a_rented_machine_costs_its_rent_whatever_it_does() -> None:
    for load in ((0.0, 0.0), (3_600_000, 360_000)):
        day = box("{rent: 2 USD/h}", "", load).day
        assert day is not None
        assert day.currency == "USD"
        assert day.value == pytest.approx(48)


def test_a_machine_that_answers_nothing_still_costs_its_rest() -> None:
    found = box(OWNED, "", (0.0, 0.0))
    assert found.day is not None
    assert found.busy == 0
    assert found.day.value == pytest.approx(6 + 1.2)


def test_a_day_has_24_hours_of_power_even_where_the_load_has_more() -> None:
    found = box(OWNED, "", (36_000_000, 3_600_000))
    assert found.day is not None
    assert found.busy == pytest.approx(30 / 24)
    assert found.day.value == pytest.approx(6 + 24 * 0.3 * 0.5)


def test_what_is_missing_is_said_with_what_to_write() -> None:
    text = f"{BASE}costs: {{electricity: 0.50 EUR/kWh, hosts: {{box: {OWNED}}}}}\n"
    (found,) = upkeep(stack(text), {"m": (1.0, 1.0)})
    assert found.day is None
    assert "how fast 'm' is" in found.lacks
    assert "prefill" in found.remedy


def test_without_costs_there_is_nothing_to_say() -> None:
    assert upkeep(stack(BASE), {}) == ()
