"""Requests and policies for the tests of simulation."""

from __future__ import annotations

from typing import Any

from dreamc.cost.arrival import Arrival
from dreamc.runtime.types import Policy
from tests.runtime.policies import desk, policy

DAY = "2026-11-01"


def asked(action: str | None = "architecture_design", day: str = DAY, **facts: Any) -> Arrival:
    """A request of 1,000 tokens and an answer of 100, for gpt unless said otherwise: 0.0028 USD."""
    sizes = {"input": 1_000, "output": 100, "limit": 100}
    return Arrival(day=day, action=action, **{**sizes, **facts})


def rules(daily: float | None = None, monthly: float | None = None, **changes: Any) -> Policy:
    """The desk with these limits in USD, and no condition on what is left of them."""
    raw = desk()
    raw["budget"] = {"daily_usd": daily, "monthly_usd": monthly, "alert_at": 1}
    for bound in raw["complexity"]:
        bound.pop("budget_left_usd", None)
        bound.pop("else", None)
    return policy({**raw, **changes})
