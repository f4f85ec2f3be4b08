"""The profiles that ship: each says for whom it is, and sets nothing that needs a name from the user's file."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import yaml

from dreamc import resources
from dreamc.spec.routing import Budget, Routing

PROFILES = ("balanced.yaml", "conservative.yaml", "performance.yaml")


def test_the_three_profiles_ship() -> None:
    assert resources.names("profiles") == PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_for_whom_it_is_and_needs_no_names(name: str) -> None:
    text = resources.text("profiles", name)
    value = yaml.safe_load(text)
    assert re.match(r"# For \w+", text)
    assert set(value) == {"budget", "routing"}
    assert set(value["budget"]) <= {"monthly", "alert_at"}
    assert set(value["routing"]) <= {"prefer", "cloud_from", "when_cut", "cache"}


@pytest.mark.parametrize(
    ("name", "monthly", "cloud_from", "prefer", "when_cut"),
    [
        ("conservative.yaml", 10, 0.9, "local", "local_with_cot"),
        ("balanced.yaml", 50, 0.6, "local", "local"),
        ("performance.yaml", 200, 0.4, "cloud", "local"),
    ],
)
def test_a_profile_means_what_its_name_promises(
    name: str, monthly: int, cloud_from: float, prefer: str, when_cut: str
) -> None:
    value = yaml.safe_load(resources.text("profiles", name))
    budget, routing = Budget.model_validate(value["budget"]), Routing.model_validate(value["routing"])
    assert budget.monthly is not None
    assert (budget.monthly.amount, budget.monthly.currency, budget.alert_at) == (Decimal(monthly), "USD", 0.8)
    assert (routing.cloud_from, routing.prefer, routing.when_cut) == (cloud_from, prefer, when_cut)
