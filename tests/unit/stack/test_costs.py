"""`costs:` resolved: numbers in their units, money in the currency it was written in."""

from __future__ import annotations

import pytest

from dreamc.stack.costs import ActionShare, Costs, Expected, Sum
from tests.unit.stack.files import BOX, HEAD, SMALL, stack

LOCAL = f"{HEAD}mode: local\n{BOX}{SMALL}fallbacks: {{chains: {{chat: [m]}}}}\n"


def costs(text: str) -> Costs:
    found = stack(f"{LOCAL}costs: {text}\n").costs
    assert found is not None
    return found


def test_a_file_without_costs_has_none() -> None:
    assert stack(LOCAL).costs is None


def test_an_action_has_the_mean_tokens_unless_it_has_its_own() -> None:
    found = costs(
        "{traffic: {requests_per_day: 9, input: 4k, output: 300, actions: {a: 20%, b: {share: 5%, output: 9}}}}"
    )
    assert found.traffic == Expected(9, 4096, 300, (ActionShare("a", 0.2, 4096, 300), ActionShare("b", 0.05, 4096, 9)))


def test_an_owned_machine_is_spread_evenly_over_its_lifetime_and_a_rented_one_costs_its_rent() -> None:
    owned = costs("{hosts: {box: {price: 8760 EUR, lifetime: 2y}}}").host("box")
    rented = costs("{hosts: {box: {rent: 2.40 USD/h}}}").host("box")
    assert owned is not None
    assert rented is not None
    assert (owned.hourly, rented.hourly) == (Sum(0.5, "EUR"), Sum(2.4, "USD"))


@pytest.mark.parametrize("exchange", ["{EUR: 1.25 USD}", "{USD: 0.80 EUR}"])
def test_a_rate_converts_both_ways_from_whichever_side_it_is_stated(exchange: str) -> None:
    found = costs(f"{{exchange: {exchange}}}")
    assert found.amount_in(Sum(4, "EUR"), "USD") == pytest.approx(5)
    assert found.amount_in(Sum(5, "USD"), "EUR") == pytest.approx(4)


def test_nothing_is_converted_without_a_rate() -> None:
    found = costs("{electricity: 0.30 EUR/kWh}")
    assert found.amount_in(Sum(4, "EUR"), "USD") is None
    assert found.amount_in(Sum(4, "EUR"), "EUR") == 4
