"""A server out of a file: what is stated, what the card's limit stands in for, and what is missing."""

from __future__ import annotations

import pytest

from dreamc.cost.local import Server
from dreamc.cost.machines import Missing, Speeds, generating, server_of
from dreamc.stack.types import Stack
from tests.unit.stack.files import BOX, HEAD, SMALL, stack

BASE = f"{HEAD}mode: local\n{BOX}{SMALL}fallbacks: {{chains: {{chat: [m]}}}}\n"
SPEED = "models: {m: {prefill: 1000 tok/s, decode: 50 tok/s}}"
OWNED = "{busy: 300 W, idle: 100 W, price: 2190 EUR, lifetime: 1y}"
RATE = "exchange: {EUR: 1.10 USD}"
TARIFF = "electricity: 0.50 EUR/kWh"


def of(costs: str, currency: str = "EUR", speeds: Speeds | None = None) -> Server | Missing:
    found: Stack = stack(f"{BASE}costs: {{{costs}}}\n" if costs else BASE)
    model = generating(found)[0]
    return server_of(found, model, model.instances[0], currency, speeds)


def known(costs: str, currency: str = "EUR", speeds: Speeds | None = None) -> Server:
    found = of(costs, currency, speeds)
    assert isinstance(found, Server), found
    return found


def test_everything_stated_is_taken_as_it_stands() -> None:
    found = known(f"{TARIFF}, hosts: {{box: {OWNED}}}, {SPEED}")
    assert (found.host, found.card, found.gpus, found.rented) == ("box", "rtx-3090", 1, False)
    assert (found.prefill.value, found.decode.value) == (1000, 50)
    assert (found.busy.value, found.idle.value, found.tariff) == (300, 100, 0.5)
    assert found.machine == pytest.approx(0.25)
    assert found.assumed == ()


def test_a_rate_turns_all_of_it_into_dollars() -> None:
    found = known(f"{TARIFF}, {RATE}, hosts: {{box: {OWNED}}}, {SPEED}", "USD")
    assert found.tariff == pytest.approx(0.55)
    assert found.machine == pytest.approx(0.275)


def test_without_a_rate_dollars_are_refused_and_the_line_to_write_is_named() -> None:
    found = of(f"{TARIFF}, hosts: {{box: {OWNED}}}, {SPEED}", "USD")
    assert isinstance(found, Missing)
    assert "is in EUR" in found.what
    assert "exchange: {EUR: 1.08 USD}" in found.remedy


def test_watts_that_nobody_stated_are_the_default_limit_of_the_card_as_an_upper_bound() -> None:
    found = known(f"{TARIFF}, {SPEED}")
    assert (found.busy.low, found.busy.value, found.busy.high) == (0, 350, 350)
    assert "upper bound" in found.busy.source
    assert found.idle.value == 0
    notes = " ".join(found.assumed)
    assert "350 W at work is the default power limit" in notes
    assert "idle power is not counted" in notes
    assert "the machine itself costs nothing" in notes


def test_a_rented_machine_has_its_power_in_the_rent_and_needs_no_tariff() -> None:
    found = known(f"hosts: {{box: {{rent: 2.40 USD/h}}}}, {SPEED}", "USD")
    assert found.rented
    assert (found.machine, found.tariff, found.busy.value) == (2.4, 0, 0)


def test_a_price_without_a_lifetime_is_not_spread_and_that_is_said() -> None:
    found = known(f"{TARIFF}, hosts: {{box: {{busy: 300 W, idle: 100 W, price: 2190 EUR}}}}, {SPEED}")
    assert found.machine == 0
    assert found.assumed == ("the machine itself costs nothing: costs: hosts: box: lifetime is not stated",)


@pytest.mark.parametrize(
    ("costs", "what", "remedy"),
    [
        ("", "how fast 'm' is", "--metrics"),
        (TARIFF, "how fast 'm' is", "prefill: 2500 tok/s"),
        (f"{TARIFF}, models: {{m: {{decode: 50 tok/s}}}}", "how fast 'm' is", "--metrics"),
        (SPEED, "what electricity costs", "electricity: 0.30 EUR/kWh"),
    ],
)
def test_what_is_missing_is_named_with_what_to_write(costs: str, what: str, remedy: str) -> None:
    found = of(costs)
    assert isinstance(found, Missing)
    assert what in found.what
    assert remedy in found.remedy


def test_a_measured_speed_wins_over_the_stated_one() -> None:
    found = known(f"{TARIFF}, {SPEED}", speeds=Speeds(7.0, 8.0, "measured", "with room left"))
    assert (found.prefill.value, found.decode.source) == (7, "measured")
    assert "with room left" in found.assumed


def test_models_with_a_stated_speed_come_first_and_neighbours_are_named() -> None:
    two = f'{SMALL}  a: {{source: "ollama:phi3:mini", context: 4k}}\n'.replace("  m:", "  z:").replace("  a:", "  m:")
    found = stack(
        f"{HEAD}mode: local\n{BOX}{two}fallbacks: {{chains: {{chat: [z, m]}}}}\ncosts: {{{TARIFF}, {SPEED}}}\n"
    )
    assert [one.name for one in generating(found)] == ["m", "z"]
    model = generating(found)[0]
    server = server_of(found, model, model.instances[0], "EUR")
    assert isinstance(server, Server)
    assert "box also runs z: here 'm' alone pays for the machine" in server.assumed
