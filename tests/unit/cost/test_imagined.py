"""Imagined traffic."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from dreamc.cost.imagined import Plan, imagined
from dreamc.cost.types import Traffic, Work

KINDS = (Work("read", 0.7, 1_000, 100), Work(None, 0.3, 2_000, 200, 0.4))


def plan(per_day: float = 100, days: int = 30, **facts: float) -> Plan:
    return Plan(Traffic(per_day, KINDS, "a test"), date(2026, 11, 1), days, **facts)  # type: ignore[arg-type]


def test_every_day_has_its_requests_and_kinds_come_by_share() -> None:
    found = list(imagined(plan()))
    assert Counter(one.day for one in found) == {f"2026-11-{day:02}": 100 for day in range(1, 31)}
    assert 2_000 < sum(one.action == "read" for one in found) < 2_200
    assert {(one.input, one.output, one.score) for one in found} == {(1_000, 100, None), (2_000, 200, 0.4)}


def test_a_seed_gives_the_same_requests_and_another_one_others() -> None:
    assert list(imagined(plan(seed=3))) == list(imagined(plan(seed=3)))
    assert list(imagined(plan(seed=3))) != list(imagined(plan(seed=4)))


def test_part_of_a_request_a_day_is_carried_over() -> None:
    found = list(imagined(plan(per_day=0.5, days=5)))
    assert [one.day[-2:] for one in found] == ["02", "04"]
    assert plan(per_day=0.5, days=5).count == 2


def test_a_spread_keeps_the_mean() -> None:
    found = [one.input for one in imagined(plan(per_day=1_000, spread=0.5)) if one.action == "read"]
    assert len(set(found)) > 500
    assert sum(found) / len(found) == pytest.approx(1_000, rel=0.02)
    assert min(found) >= 1
