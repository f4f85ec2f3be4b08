"""When a cap is reached: the day, the band, and when it is too early to say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamc.compiler import Request, resolve
from dreamc.cost.forecast import Cap, Forecast, caps, forecast, student
from dreamc.cost.report import Spent

USD = 10**9
TODAY = date(2026, 11, 20)
MONTH, DAY = Cap(None, "month", 50 * USD), Cap(None, "day", 5 * USD)


def days(spends: Sequence[float], start: str = "2026-11-01", provider: str = "anthropic") -> list[Spent]:
    first = date.fromisoformat(start)
    dated = ((first + timedelta(days=at), usd) for at, usd in enumerate(spends))
    return [Spent(day.isoformat(), provider, round(usd * USD)) for day, usd in dated]


def ahead(spends: Sequence[float], *limits: Cap, first: str = "2026-10-15", today: date = TODAY) -> Forecast:
    """`spends` are days from the first of November on; the last is not full."""
    rows = days(spends)
    return forecast(rows, first, rows[-1].day if rows else "", today, limits)


def test_even_days_reach_a_cap_on_the_day_that_arithmetic_says() -> None:
    found = ahead([2.0] * 20, MONTH)
    (one,) = found.outlooks
    assert (one.early, one.likely, one.late) == ("2026-11-25",) * 3
    assert (found.days, found.spent, found.expected, found.low, found.high) == (19, 40 * USD, *[60 * USD] * 3)
    assert one.chance == 1.0


def test_uneven_days_have_a_band_around_it() -> None:
    (one,) = ahead([0.5, 3.5] * 10, MONTH).outlooks
    assert (one.early, one.likely, one.late) == ("2026-11-24", "2026-11-26", "2026-11-30")
    assert 0.9 < one.chance < 1


def test_a_cap_that_is_far_is_not_reached_this_month() -> None:
    found = ahead([0.5, 1.5] * 10, MONTH)
    (one,) = found.outlooks
    assert (one.reached, one.early, one.likely, one.late) == (None, None, None, None)
    assert one.chance < 0.01
    assert 20 * USD < found.low < found.expected < found.high < 50 * USD


def test_a_cap_that_was_reached_says_on_which_day() -> None:
    (one,) = ahead([10.0] * 20, MONTH).outlooks
    assert (one.reached, one.times, one.chance) == ("2026-11-05", 1, 1.0)


def test_a_daily_cap_counts_the_days_it_was_reached_and_the_next_one() -> None:
    spends = [1.0, 6.0, 2.0, 5.0] * 5
    (one,) = ahead(spends, DAY).outlooks
    assert (one.reached, one.times) == ("2026-11-20", 10)
    assert one.early == "2026-11-21"
    assert one.chance > 0.8
    (never,) = ahead([1.0] * 20, DAY).outlooks
    assert (never.reached, never.times, never.likely, never.chance) == (None, 0, None, 0.0)


def test_a_providers_budget_counts_that_provider_alone() -> None:
    rows = [*days([2.0] * 20), *days([0.1] * 20, provider="openai")]
    limits = (Cap("anthropic", "month", 50 * USD), Cap("openai", "month", 50 * USD), Cap("google", "day", USD))
    anthropic, openai, google = forecast(rows, "2026-10-01", "2026-11-20", TODAY, limits).outlooks
    assert (anthropic.likely, openai.likely) == ("2026-11-25", None)
    assert (openai.spent, google.spent, google.chance) == (2 * USD, 0, 0.0)


def test_fewer_than_three_full_days_are_too_early() -> None:
    found = ahead([9.0, 9.0, 9.0], MONTH, today=date(2026, 11, 3))
    assert found.too_early == "2 full days of 2026-11 are known, 3 are needed"
    assert (found.spent, found.outlooks) == (27 * USD, ())
    assert ahead([9.0] * 4, MONTH, today=date(2026, 11, 4)).too_early == ""


def test_the_day_on_which_a_log_begins_is_not_full() -> None:
    rows = days([1.0, 2.0, 2.0, 2.0, 2.0], "2026-11-10")
    found = forecast(rows, "2026-11-10", "2026-11-14", TODAY)
    assert (found.days, found.unseen, found.through) == (3, True, "2026-11-14")
    assert found.expected == (9 + 16 * 2) * USD


def test_a_log_that_ends_before_today_is_carried_on_from_its_end() -> None:
    found = ahead([2.0] * 10, MONTH)
    assert (found.through, found.days) == ("2026-11-10", 9)
    assert found.outlooks[0].likely == "2026-11-25"


def test_quiet_days_in_the_middle_cost_nothing_and_count() -> None:
    rows = [one for one in days([4.0] * 9) if one.day != "2026-11-05"]
    assert forecast(rows, "2026-10-01", "2026-11-09", TODAY).expected == round((32 + 21 * 3.5) * USD)


@pytest.mark.parametrize(("first", "last"), [("", ""), ("2026-09-01", "2026-10-31"), ("2027-01-01", "2027-02-01"),
                                             ("9999-12-31", "9999-12-31")])  # fmt: skip
def test_a_log_without_a_day_of_this_month_says_so(first: str, last: str) -> None:
    found = forecast(days([1.0], first or "2026-10-01"), first, last, TODAY, (MONTH,))
    assert found.too_early == "the log holds no day of 2026-11 until 2026-11-20"


def test_days_after_today_do_not_count() -> None:
    assert ahead([2.0] * 28).spent == 40 * USD


def test_on_the_last_day_of_the_month_nothing_is_to_come() -> None:
    found = ahead([1.0] * 30, MONTH, DAY, today=date(2026, 11, 30))
    assert (found.expected, found.low, found.high) == (30 * USD, 30 * USD, 30 * USD)
    assert [one.likely for one in found.outlooks] == [None, None]


def test_a_february_in_a_leap_year_has_29_days() -> None:
    rows = days([1.0] * 10, "2028-02-01")
    assert forecast(rows, "2028-01-01", "2028-02-10", date(2028, 2, 10)).expected == 29 * USD


def test_four_months_in_five_end_within_the_band() -> None:
    """Made-up months of uneven days, cut off on the tenth."""
    dice, inside = random.Random(3), 0
    for _ in range(300):
        spends = [dice.lognormvariate(0, 0.5) for _ in range(30)]
        found = ahead(spends[:11], today=date(2026, 11, 11))
        inside += found.low <= sum(spends) * USD <= found.high
    assert 0.72 < inside / 300 < 0.88


@pytest.mark.parametrize(
    ("freedom", "z", "share"), [(1, 3.078, 0.9), (2, 1.886, 0.9), (4, 1.533, 0.9), (9, 1.833, 0.95), (29, 2.045, 0.975)]
)
def test_students_distribution_is_the_one_of_the_tables(freedom: int, z: float, share: float) -> None:
    assert student(z, freedom) == pytest.approx(share, abs=2e-4)
    assert student(-z, freedom) == pytest.approx(1 - share, abs=2e-4)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=30), st.integers(1, 10**15))
@example([0.2, 0.25, 0.2, 0.2, 0.0], 172_365_865_409_150)
def test_early_is_never_after_likely_and_likely_never_after_late(spends: list[float], limit: int) -> None:
    limits = (Cap(None, "month", limit), Cap(None, "day", limit))
    found = ahead(spends, *limits, today=date(2026, 11, len(spends)))
    assert found.low <= found.high
    for one in found.outlooks:
        order = [day or "9999" for day in (one.early, one.likely, one.late)]
        assert order == sorted(order)
        assert 0 <= one.chance <= 1


def test_the_caps_are_those_of_the_file(tmp_path: Path, root: Path) -> None:
    text = (root / "examples" / "hybrid-4070" / "dream.yaml").read_text(encoding="utf-8")
    text = text.replace("  monthly: 50 USD", "  monthly: 50 USD\n  daily: 2.50 USD")
    text = text.replace("{key: env://OPENAI_API_KEY,", "{key: env://OPENAI_API_KEY, budget: {monthly: 7 USD},")
    (tmp_path / "dream.yaml").write_text(text, encoding="utf-8")
    stack = resolve(Request(tmp_path / "dream.yaml", None, {}, TODAY)).stack
    assert stack is not None
    assert caps(stack) == (
        Cap(None, "day", 2_500_000_000), Cap(None, "month", 50 * USD), Cap("openai", "month", 7 * USD),
    )  # fmt: skip
