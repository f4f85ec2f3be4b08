"""What a log adds up to: the same however it is cut into files, and the same as the gateway's own tally."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.cost import report as module
from dreamc.cost.report import COLUMNS, NONE, Report, report
from dreamc.cost.usage_log import Line, lines
from dreamc.errors import DreamError
from dreamc.runtime.tally import Tally
from tests.runtime.month import rows as month_rows
from tests.unit.cost.logs import numbered, row, write


def made(**facts: Any) -> Line:
    return msgspec.convert(row(**facts), Line)


def keys(found: Report) -> list[tuple[str, ...]]:
    return [one.key for one in found.rows]


def test_calls_requests_tokens_and_money_are_told_apart() -> None:
    found = report([
        made(),
        made(location="local", provider="", served="local", usd=0.0, member="fast"),
        made(served="cache", usd=0.0),
        made(status="rejected: empty answer", served="", usd=0.25),
        made(status="rejected: empty answer", served="", usd=0.125, part="critique"),
        made(status="error", served="", usd=0.0, prompt_tokens=0, completion_tokens=0),
        made(part="second opinion", served="", usd=0.5),
        made(status="failed: Timeout", served="", usd=0.0, member="", location="", prompt_tokens=0),
        made(status="refused: the budget is used up", served="", usd=0.0, member="", location="", prompt_tokens=0),
    ]).total  # fmt: skip

    assert (found.calls, found.errors, found.rejected) == (7, 1, 2)
    assert (found.local, found.cloud, found.cached, found.failed, found.refused) == (1, 1, 1, 1, 1)
    assert (found.answered, found.requests) == (3, 5)
    assert (found.nano_usd, found.nano_rejected, found.nano_own) == (879_500_000, 250_000_000, 625_000_000)
    assert (found.prompt_tokens, found.answered_prompt_tokens) == (6000, 3000)
    assert found.p50_s == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize(
    ("column", "facts", "value"),
    [
        ("day", {}, "2026-11-20"),
        ("month", {}, "2026-11"),
        ("tier", {"tier": None}, NONE),
        ("model", {"member": ""}, NONE),
        ("action", {"action": None}, NONE),
        ("client", {"client": "daemon"}, "daemon"),
        ("client", {}, NONE),
        ("provider", {"provider": "", "location": "local"}, "local"),
        ("provider", {"provider": "", "location": ""}, NONE),
        ("status", {"status": "rejected: empty answer"}, "rejected"),
        ("alias", {}, "auto"),
    ],
)
def test_a_column_shows_what_the_line_says_or_that_it_says_nothing(
    column: Any, facts: dict[str, Any], value: str
) -> None:
    assert keys(report([made(**facts)], (column,))) == [(value,)]


def test_rows_stand_by_day_or_by_cost_and_what_has_no_value_last() -> None:
    log = [
        made(time="2026-11-20T00:00:00Z", action=None),
        made(time="2026-11-19T00:00:00Z", action="b", usd=2.0),
        made(time="2026-11-20T00:00:00Z", action="a", usd=0.1),
    ]
    by_day = [("2026-11-19", "b"), ("2026-11-20", "a"), ("2026-11-20", NONE)]
    assert keys(report(log, ("day", "action"))) == by_day
    assert keys(report(log, ("action",))) == [("b",), ("a",), (NONE,)]
    assert keys(report([*log, made(action=None, usd=9.0)], ("action",)))[0] == (NONE,)


def test_days_are_both_included_and_the_spending_of_other_days_is_known_all_the_same() -> None:
    log = [made(time=f"2026-11-{day:02d}T23:59:59.999Z", usd=1.0) for day in range(1, 11)]
    found = report(log, since="2026-11-03", until="2026-11-05")
    assert keys(found) == [("2026-11-03",), ("2026-11-04",), ("2026-11-05",)]
    assert (found.lines, found.inside, found.first, found.last) == (10, 3, "2026-11-01", "2026-11-10")
    assert sum(one.nano_usd for one in found.spent) == 10 * 10**9
    assert found.total.nano_usd == 3 * 10**9


def test_money_adds_up_to_the_last_nano_dollar() -> None:
    log = [made(action=f"a{at % 7}", usd=at * 1e-9 + 0.1) for at in range(1000)]
    found = report(log, ("action",))
    assert found.total.nano_usd == sum(one.figures.nano_usd for one in found.rows) == 100 * 10**9 + 499_500


def test_reasons_that_differ_in_an_amount_are_one_and_the_commonest_come_first() -> None:
    log = [made(status=f"refused: {left:.2f} USD are left of gpt-5.4", served="") for left in (0.1, 0.25, 3)]
    log += [made(status="refused: no", served=""), made(status="failed: Timeout", served="")]
    log += [made(status="rejected: empty answer", served="")] * 4
    found = [(one.kind, one.text, one.count) for one in report(log).reasons]
    assert found == [
        ("refused", "N USD are left of gpt-5.4", 3), ("refused", "no", 1), ("failed", "Timeout", 1),
        ("rejected", "empty answer", 4),
    ]  # fmt: skip


def test_cloud_answers_that_were_booked_at_nothing_are_counted() -> None:
    log = [made(usd=0.0), made(usd=0.0, served="cache"), made(usd=0.0, location="local"), made(usd=0.0, status="error")]
    assert report(log).unpriced == (("claude", 1),)


def test_a_client_that_names_kinds_of_action_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    with pytest.raises(DreamError, match="by action, day the log has more than 10 rows") as error:
        report((made(action=str(at)) for at in range(11)), ("action", "day"))
    assert error.value.remedy == "group by fewer columns, or fewer days with --since and --until"


def test_no_lines_are_no_rows() -> None:
    found = report([])
    assert (found.rows, found.first, found.last, found.lines, found.total.p50_s) == ((), "", "", 0, None)


def month(tmp_path: Path) -> Path:
    return write(tmp_path / "usage.jsonl", month_rows(date(2026, 11, 20)))


def test_the_report_and_the_gateways_tally_agree_per_day_and_tier(tmp_path: Path) -> None:
    log = month(tmp_path)
    tally = Tally(tmp_path / "tally.sqlite", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    tally.catch_up(log)
    counted: dict[tuple[str, str], list[int]] = {}
    for line in tally.lines("2026-01-01", "2026-12-31"):
        if line.status != "served":
            sums = counted.setdefault((line.day, line.tier or NONE), [0, 0, 0, 0])
            amounts = (line.calls, line.prompt_tokens, line.completion_tokens, line.nano_usd)
            sums[:] = [one + more for one, more in zip(sums, amounts, strict=True)]
    found = report(lines([log]), ("day", "tier"))
    ours = {one.key: one.figures for one in found.rows}

    assert len(ours) == len(counted) > 100
    for key, sums in counted.items():
        one = ours[key]
        assert [one.calls, one.prompt_tokens, one.completion_tokens, one.nano_usd] == sums
    served = [line for line in tally.lines("2026-01-01", "2026-12-31") if line.status == "served"]
    assert found.total.answered == sum(line.calls for line in served)
    assert found.total.answered_prompt_tokens == sum(line.prompt_tokens for line in served)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=4), data=st.data())
def test_a_log_in_pieces_in_any_order_is_the_same_log(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    rows = numbered(month_rows(date(2026, 11, 20), days=2))[:400]
    edges = [0, *sorted(cuts), 400]
    spans = [rows[start:end] for start, end in pairwise(edges)]
    overlapping = [*spans, rows[100:150]]
    pieces = [write(folder / f"{at}.jsonl{'.gz' * (at % 2)}", span) for at, span in enumerate(overlapping)]
    whole = write(folder / "whole.jsonl", rows)
    by = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, min_size=1, max_size=3))
    order = data.draw(st.permutations(pieces))
    assert report(lines(order), by) == report(lines([whole]), by)


def test_a_report_of_20_000_lines_holds_no_lines(tmp_path: Path) -> None:
    written = (row(time=f"2026-11-{1 + at % 20:02d}T12:00:00Z", latency_s=0.1 + at / 1000) for at in range(20_000))
    file = write(tmp_path / "usage.jsonl", numbered(written))
    report(lines([write(tmp_path / "warm.jsonl", [row()])]))
    tracemalloc.start()
    try:
        found = report(lines([file]), ("day", "tier", "action"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.lines, len(found.rows)) == (20_000, 20)
    assert peak < 3 * 2**20 < file.stat().st_size


def test_a_cost_of_ones_own_replaces_what_was_booked() -> None:
    costs: Callable[[Line], int] = lambda line: line.prompt_tokens  # noqa: E731
    assert report([made(), made()], costs=costs).total.nano_usd == 2000


def test_a_report_is_json() -> None:
    assert json.loads(msgspec.json.encode(report([made()])))["total"]["calls"] == 1
