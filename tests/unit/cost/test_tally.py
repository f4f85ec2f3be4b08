"""The figures of a run."""

from __future__ import annotations

from dataclasses import replace

from dreamc.cost.sample import samples
from dreamc.cost.simulate import run
from dreamc.cost.tally import result
from tests.unit.cost.arrivals import asked, rules


def test_money_tiers_models_and_hits_are_added_up() -> None:
    log = [asked(day=f"2026-11-{day:02}", bound=1_000) for day in range(1, 11) for _ in range(2)]
    log += [asked("inline_completion", day="2026-11-11") for _ in range(5)]
    done = run(rules(monthly=0.0281), "hybrid", log)
    found = result(done, samples((done,), seed=0)[0])

    assert (found.requests, found.answered, found.days) == (25, 25, 11)
    assert found.usd == 0.028
    assert [(row.name, row.count) for row in found.tiers] == [
        ("local_fast", 5),
        ("local_quality", 10),
        ("api_premium", 10),
    ]
    assert [(row.name, row.location, row.count) for row in found.members] == [
        ("fast", "local", 5),
        ("quality", "local", 10),
        ("gpt", "cloud", 10),
    ]
    assert sum(row.usd for row in found.members) == found.usd
    assert (found.hits.diverted, found.hits.first_day, found.hits.days) == (10, "2026-11-06", 5)
    assert found.against is not None
    assert (found.against.model, found.against.usd) == ("gpt", 0.07)
    assert found.against.share == 1 - 10 / 25
    assert found.usd_interval is not None
    assert found.usd_interval.unit == "days"
    assert found.usd_interval.again
    assert 0.02 < found.usd_interval.low <= found.usd <= found.usd_interval.high <= 0.0281


def test_requests_that_nobody_answers_are_not_in_what_the_api_would_cost() -> None:
    found = result(run(rules(daily=0), "cloud", [asked() for _ in range(3)]), None)
    assert (found.unanswered, found.hits.refused, found.usd) == (3, 3, 0)
    assert found.against is not None
    assert (found.against.usd, found.against.share) == (0, None)
    assert found.control is None


def test_the_days_of_an_imagined_month_count_even_where_nothing_was_asked() -> None:
    found = result(run(rules(), "hybrid", [asked()]), None, days=30)
    assert found.usd_per_day == found.usd / 30


def test_calls_of_a_cloud_without_a_price_are_said_where_nothing_was_paid_for_them() -> None:
    priced = rules()
    free = replace(priced, members={**priced.members, "gpt": replace(priced.members["gpt"], price=None)})
    found = result(run(free, "hybrid", [asked() for _ in range(3)]), None)
    assert (found.usd, found.unpriced) == (0, (("gpt", 3),))
    assert result(run(priced, "hybrid", [asked()]), None).unpriced == ()
