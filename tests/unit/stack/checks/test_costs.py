"""What cannot be in `costs:` is said at its place; what can is passed."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.types import Path
from tests.unit.stack.files import BOX, CHAT, CLAUDE, HEAD, SMALL, found, lowered, one

LOCAL = f"{HEAD}mode: local\n{BOX}{SMALL}fallbacks: {{chains: {{chat: [m]}}}}\n"
BOTH = f"{HEAD}{BOX}{SMALL}{CLAUDE}{CHAT}"
HOSTS: Path = ("costs", "hosts", "box")


def file(costs: str, base: str = LOCAL) -> str:
    return f"{base}costs: {costs}\n"


@pytest.mark.parametrize("shares", ["a: 10%, b: 20%, c: 70%", "a: 33.3%, b: 33.3%, c: 33.4%", "a: 100%, b: 0%"])
def test_shares_of_exactly_100_percent_are_passed(shares: str) -> None:
    text = file(f"{{traffic: {{requests_per_day: 1, input: 1, output: 1, actions: {{{shares}}}}}}}")
    assert not found(text, "DRM437")


def test_the_action_that_passes_100_percent_is_marked() -> None:
    text = file("{traffic: {requests_per_day: 1, input: 1, output: 1, actions: {a: 60%, b: 39%, c: {share: 2%}}}}")
    assert one(text, "DRM437").path == ("costs", "traffic", "actions", "c", "share")


@pytest.mark.parametrize(
    ("host", "code", "key"),
    [
        ("rent: 1 USD/h, busy: 300 W", "DRM430", "busy"),
        ("busy: 100 W, idle: 101 W", "DRM431", "idle"),
        ("price: 100 USD", "DRM432", "price"),
        ("lifetime: 4y", "DRM432", "lifetime"),
        ("busy: 3500 W", "DRM433", "busy"),
    ],
)
def test_a_machine_that_cannot_be_is_said_at_its_key(host: str, code: str, key: str) -> None:
    assert one(file(f"{{electricity: 0.30 EUR/kWh, hosts: {{box: {{{host}}}}}}}"), code).path == (*HOSTS, key)


def test_ten_times_the_limit_of_the_cards_is_far_off_and_a_watt_less_is_not() -> None:
    assert not found(file("{electricity: 0.30 EUR/kWh, hosts: {box: {busy: 3499 W}}}"), "DRM433")


def test_euros_meet_dollars_only_where_there_are_dollars() -> None:
    assert not found(file("{electricity: 0.30 EUR/kWh}"), "DRM436")
    assert one(file("{electricity: 0.30 EUR/kWh}", BOTH), "DRM436").path == ("costs", "electricity")
    assert not found(file("{electricity: 0.30 EUR/kWh, exchange: {EUR: 1.08 USD}}", BOTH), "DRM436")


@pytest.mark.parametrize(("tariff", "said"), [("0.02 EUR", 0), ("3.9 EUR", 0), ("4 EUR", 1), ("0.005 USD", 1)])
def test_a_tariff_ten_times_outside_of_what_is_paid_is_said(tariff: str, said: int) -> None:
    assert len(found(file(f"{{electricity: {tariff}/kWh}}"), "DRM435")) == said


def test_an_action_without_a_tier_is_noted_only_where_actions_have_tiers() -> None:
    text = file("{traffic: {requests_per_day: 1, input: 1, output: 1, actions: {a: 20%}}}", BOTH)
    assert not [finding for finding in lowered(text)[1] if finding.path[0] == "costs"]
