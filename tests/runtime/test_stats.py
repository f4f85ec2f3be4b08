"""What /stats and /metrics say of made-up calls; nothing here runs a gateway."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.ledger import Account, Day, Limit
from dreamc.runtime.metrics import exposition
from dreamc.runtime.stats import Money, first_day, reference, stats
from dreamc.runtime.tally import Tally
from dreamc.runtime.tally_sql import Line
from dreamc.runtime.types import Policy
from dreamc.runtime.usage import UsageLog
from tests.runtime.policies import desk, policy
from tests.runtime.test_tally import row

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = "2026-11-20"
NOTHING = Money((), ())


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    return Tally(tmp_path / "tally.sqlite", lambda: NOON)


def lines(tally: Tally) -> tuple[Line, ...]:
    return tally.lines(first_day(NOON), TODAY)


def said(tally: Tally, money: Money = NOTHING, of: Policy | None = None) -> dict[str, Any]:
    return stats(of or policy(), "hybrid", lines(tally), money, NOON)


def test_requests_of_this_month_are_told_apart_by_who_answered(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    for served in ("local", "local", "cloud", "cache"):
        log.write(row(served=served))
    log.write(row(status="failed: Timeout", member="", location="", served=""))
    log.write(row(status="refused: the budget is used up", member="", location="", served=""))
    log.write(row(time="2026-10-31T23:59:59.999Z", served="local"))

    found = said(tally)
    names = ("local", "cloud", "cached", "failed", "refused")
    assert [found[f"{name}_requests"] for name in names] == [2, 1, 1, 1, 1]
    assert len(found["days"]) == 3


def test_money_is_the_ledgers_and_the_tightest_limit_counts(tally: Tally) -> None:
    limits = (Limit(None, "month", 50_000_000_000), Limit(None, "day", 5_000_000_000), Limit("openai", "day", 10**9))
    accounts = (Account(9 * 10**9, 10**9, 2 * 10**9), Account(10**9), Account(5 * 10**8))
    days = (Day("2026-11-02", "openai", Account(9 * 10**9), 9), Day(TODAY, "openai", Account(10**9), 1))
    found = said(tally, Money(days, tuple(zip(limits, accounts, strict=True))))

    assert (found["cost_this_month_usd"], found["cost_today_usd"], found["budget_left_usd"]) == (10, 1, 4)
    assert found["budgets"][0] == {
        "provider": None, "period": "month", "limit_usd": 50, "spent_usd": 10, "in_doubt_usd": 1, "reserved_usd": 2,
        "left_usd": 40,
    }  # fmt: skip
    assert found["budgets"][2]["provider"] == "openai"


def test_without_a_ledger_no_money_is_made_up_and_nothing_is_left(tally: Tally) -> None:
    found = said(tally, Money(None, None))

    assert (found["cost_this_month_usd"], found["budget_left_usd"], found["budgets"]) == (None, 0, None)


def test_savings_compare_the_answered_requests_with_the_dearest_tiers_first_cloud_model(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    log.write(row(prompt_tokens=1_000_000, completion_tokens=0, usd=0.0, served="local"))
    log.write(row(prompt_tokens=1_000_000, completion_tokens=1_000_000, usd=3.0))
    log.write(row(status="rejected: empty answer", prompt_tokens=500_000, usd=1.0, served=""))

    saved = said(tally)["savings"]
    assert (saved["reference_model"], saved["usd_per_mtok"]) == ("gpt", {"input": 2, "output": 8})
    assert (saved["pure_api_usd"], saved["paid_usd"], saved["usd"]) == (12, 4, 8)
    assert saved["share"] == pytest.approx(0.6667)


def test_without_a_priced_cloud_model_there_is_nothing_to_compare_with(tally: Tally) -> None:
    raw = desk()
    for member in raw["members"].values():
        member.pop("usd_per_mtok", None)

    assert reference(policy(raw)) is None
    assert said(tally, of=policy(raw))["savings"] is None


def test_without_tiers_the_dearest_cloud_model_is_the_reference() -> None:
    found = reference(replace(policy(), tiers=()))

    assert found is not None
    assert found.member.name == "claude"


def test_tiers_come_in_their_order_and_calls_without_one_last(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    for tier in (None, "api_premium", "local_fast", "a tier of before"):
        log.write(row(tier=tier))

    assert [one["tier"] for one in said(tally)["tiers"]] == ["local_fast", "api_premium", None, "a tier of before"]


def test_the_first_days_of_a_month_still_show_thirty_days() -> None:
    assert first_day(datetime(2026, 11, 3, tzinfo=UTC)) == "2026-10-05"
    assert first_day(datetime(2026, 10, 31, tzinfo=UTC)) == "2026-10-01"


SAMPLE = re.compile(r'[a-z_]+(\{([a-z]+="(\\[\\n"]|[^"\\\n])*",?)*\})? [0-9.e+-]+|# (HELP|TYPE) [a-z_]+ .+')


def test_every_line_for_prometheus_is_well_formed_whatever_models_are_called(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    log.write(row(member='a"b\\c\nd'))
    log.write(row(status="error"))
    limits = ((Limit(None, "month", 10**9), Account(1, 2, 3)),)
    text = exposition(tally.ever(), Money((), limits), 'st"ack', "hybrid")

    assert [line for line in text.splitlines() if not SAMPLE.fullmatch(line)] == []
    assert r'member="a\"b\\c\nd"' in text
    assert text.endswith("\n")


def test_buckets_for_prometheus_are_cumulative_and_end_at_the_count(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    for seconds in (0.005, 0.3, 0.3, 500.0):
        log.write(row(latency_s=seconds))
    text = exposition(tally.ever(), NOTHING, "s", "hybrid")

    buckets = [float(value) for value in re.findall(r"dream_latency_seconds_bucket\{.*\} (\S+)", text)]
    assert buckets == sorted(buckets)
    assert (buckets[0], buckets[-1]) == (1, 4)
    assert re.findall(r"dream_latency_seconds_(?:count|sum)\{.*\} (\S+)", text) == ["500.605", "4"]


def test_a_ledger_that_cannot_be_read_is_a_metric_of_its_own(tally: Tally) -> None:
    assert "dream_ledger_up 0.0" in exposition((), Money(None, None), "s", "hybrid")
    assert "dream_budget" not in exposition((), Money(None, None), "s", "hybrid")
