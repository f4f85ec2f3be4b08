"""Runs that are drawn again."""

from __future__ import annotations

from dreamc.cost.draws import Draws
from dreamc.cost.sample import DECISIONS, FEWEST_DRAWS, Sums, samples, too_many
from dreamc.cost.simulate import run
from tests.unit.cost.arrivals import asked, rules

MONTH = [f"2026-11-{day:02}" for day in range(1, 31)]


def usd(sums: Sums) -> float:
    return sums[0] / 1e9


def test_about_95_of_100_intervals_hold_the_truth() -> None:
    """60 months of 30 days with 0 to 10 calls, 5 in the mean: 57 is 95 of 100, and the bootstrap is a little narrow."""
    draws, held = Draws(5), 0
    for _ in range(60):
        log = [asked(day=day) for day in MONTH for _ in range(draws.below(11))]
        (found,) = samples((run(rules(), "hybrid", log),), 1)
        told = found.interval(usd)
        held += told.low <= 30 * 5 * 0.0028 <= told.high
    assert 51 <= held <= 60


def test_what_a_budget_couples_is_decided_anew_and_never_passes_it() -> None:
    draws = Draws(3)
    log = [asked(day=day, bound=1_000) for day in MONTH for _ in range(draws.below(11))]
    (found,) = samples((run(rules(monthly=0.2), "hybrid", log),), 0)
    assert found.again
    told = found.interval(usd)
    assert 0.19 < told.low <= told.high <= 0.2
    (free,) = samples((run(rules(), "hybrid", log),), 0)
    assert not free.again
    assert free.interval(usd).high > 0.4


def test_too_many_requests_to_decide_anew_have_no_interval_rather_than_one_beyond_the_budget() -> None:
    log = [asked(day=day) for day in MONTH for _ in range(DECISIONS // FEWEST_DRAWS // 30 + 1)]
    tight, free = (run(rules(monthly=limit), "hybrid", log) for limit in (0.01, None))
    assert samples((tight,), 0) == ()
    assert too_many((tight,))
    assert not too_many((free,))
    assert len(samples((free,), 0)) == 1


def test_a_sample_without_a_budget_in_the_way_is_that_of_the_outcomes_added_up() -> None:
    """Decided anew, the same draws come to the same sums."""
    log = [asked(day=day, input=100 * at) for at, day in enumerate(MONTH, 1)]
    free, tight = run(rules(), "hybrid", log), run(rules(monthly=0.001), "hybrid", log)
    (alone,) = samples((free,), 4)
    beside, _ = samples((free, tight), 4)
    assert (alone.again, beside.again) == (False, True)
    assert alone.sums[: len(beside.sums)] == beside.sums
