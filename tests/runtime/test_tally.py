"""The tally counts every line of the usage log once, whoever counts it, and loses none to a kill -9."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.tally import Tally, TallyError
from dreamc.runtime.usage import Row, UsageLog
from tests.runtime.month import rows, write

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = "2026-11-20"
ROOT = Path(__file__).parents[2]


def clock(at: datetime = NOON) -> Callable[[], datetime]:
    return lambda: at


def row(**facts: Any) -> Row:
    plain: dict[str, Any] = {
        "time": f"{TODAY}T12:00:00.000Z", "status": "ok", "alias": "auto", "group": "tier:premium", "member": "gpt",
        "location": "cloud", "tier": "premium", "action": None, "reason": "", "prompt_tokens": 100,
        "completion_tokens": 10, "usd": 0.001, "latency_s": 0.3, "provider": "openai", "served": "cloud",
    }  # fmt: skip
    return Row(**{**plain, **facts})


def counted(tally: Tally, status: str = "ok") -> int:
    return sum(line.calls for line in tally.lines("2026-01-01", "2026-12-31") if line.status == status)


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    return Tally(tmp_path / "tally.sqlite", clock())


def test_calls_add_up_per_day_source_tier_member_and_status(tally: Tally) -> None:
    log = UsageLog(None, None, tally)
    for _ in range(3):
        log.write(row())
    log.write(row(status="rejected: empty answer", served="", latency_s=0.0))
    log.write(row(member="fast", location="local", provider="", tier=None, usd=0.0, served="local"))

    found = {(one.source, one.tier, one.member, one.status): one for one in tally.lines(TODAY, TODAY)}
    gpt = found["openai", "premium", "gpt", "ok"]
    assert (gpt.calls, gpt.prompt_tokens, gpt.completion_tokens, gpt.nano_usd) == (3, 300, 30, 3_000_000)
    assert (gpt.latency_us, sum(gpt.ranges)) == (900_000, 3)
    assert found["openai", "premium", "gpt", "rejected"].calls == 1
    assert sum(found["openai", "premium", "gpt", "rejected"].ranges) == 0
    assert found["local", "", "fast", "ok"].calls == 1
    assert found["", "", "", "served"].location in ("local", "cloud")
    assert sum(one.calls for one in tally.lines(TODAY, TODAY) if one.status == "served") == 4


def test_an_answer_out_of_the_cache_is_a_source_of_its_own(tally: Tally) -> None:
    UsageLog(None, None, tally).write(row(usd=0.0, served="cache"))

    assert [one.source for one in tally.lines(TODAY, TODAY) if one.status == "ok"] == ["cache"]


def test_what_was_counted_survives_and_is_not_counted_again_from_the_log(tmp_path: Path) -> None:
    path, log = tmp_path / "tally.sqlite", tmp_path / "usage.jsonl"
    first = Tally(path, clock())
    usage = UsageLog(log, None, first)
    for _ in range(10):
        usage.write(row())
    first.close()

    again = Tally(path, clock())
    again.catch_up(log)
    assert counted(again) == 10


def test_what_was_not_counted_is_taken_from_the_log(tmp_path: Path) -> None:
    path, log = tmp_path / "tally.sqlite", tmp_path / "usage.jsonl"
    first = Tally(path, clock())
    usage = UsageLog(log, None, first)
    usage.write(row())
    first.flush()
    UsageLog(log).write(row())  # a worker that was killed before it counted anything
    with log.open("ab") as file:
        file.write(b'{"time":"2026-11-20T12:0')  # and one in the middle of a line

    again = Tally(path, clock())
    again.catch_up(log)
    again.catch_up(log)
    assert counted(again) == 2


def test_a_worker_does_not_count_what_another_has_taken_from_the_log(tmp_path: Path) -> None:
    path, log = tmp_path / "tally.sqlite", tmp_path / "usage.jsonl"
    slow = Tally(path, clock())
    slow._thread = slow  # type: ignore[assignment]  # its clock never strikes
    usage = UsageLog(log, None, slow)
    for _ in range(5):
        usage.write(row())
    other = Tally(path, clock())
    other.catch_up(log)
    usage.write(row())

    assert counted(slow) == 6


def test_a_new_tally_counts_the_whole_log_and_what_was_put_aside(tmp_path: Path) -> None:
    found, log = rows(NOON.date()), tmp_path / "usage.jsonl"
    write(tmp_path / "usage-20261101T000000.000Z.jsonl", found[:3_000])
    write(log, found[3_000:])
    tally = Tally(tmp_path / "tally.sqlite", clock())
    tally.catch_up(log)

    assert sum(line.calls for line in tally.lines("2026-01-01", TODAY) if line.status != "served") == len(found)
    usd = sum(line.nano_usd for line in tally.ever()) / 1e9
    assert usd == pytest.approx(sum(one["usd"] for one in found), abs=1e-6)


def test_days_are_kept_for_more_than_a_year_and_all_time_for_good(tmp_path: Path) -> None:
    path = tmp_path / "tally.sqlite"
    old = Tally(path, clock(NOON - timedelta(days=410)))
    UsageLog(None, None, old).write(row(time="2025-10-06T12:00:00.000Z"))
    old.close()
    tally = Tally(path, clock())
    UsageLog(None, None, tally).write(row())
    tally.flush()

    assert {line.day for line in tally.lines("2020-01-01", "2026-12-31")} == {TODAY}
    assert sum(line.calls for line in tally.ever() if line.status == "ok") == 2


def test_a_locked_file_stops_nothing_is_said_once_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dreamc.runtime.tally_sql._WAIT_S", 0.01)
    path = tmp_path / "tally.sqlite"
    Tally(path, clock()).lines(TODAY, TODAY)
    tally = Tally(path, clock())
    tally._thread = tally  # type: ignore[assignment]  # its clock never strikes
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            UsageLog(None, None, tally).write(row())
            tally.flush()
        other.execute("ROLLBACK")

    assert len(caplog.records) == 1
    assert counted(tally) == 3


def test_a_file_that_is_no_tally_is_said_and_raises_nothing_but_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "tally.sqlite"
    path.write_text("no database " * 100)
    tally = Tally(path, clock())
    UsageLog(None, None, tally).write(row())
    tally.flush()

    with pytest.raises(TallyError, match=r"tally\.sqlite"):
        tally.lines(TODAY, TODAY)


def test_without_a_file_nothing_is_counted() -> None:
    tally = Tally(None)
    UsageLog(None, None, tally).write(row())

    assert tally.ever() == ()


_WORKER = """
import sys, os
from pathlib import Path
sys.path.insert(0, {root!r})
from dreamc.runtime.tally import Tally
from dreamc.runtime.usage import UsageLog
from tests.runtime.test_tally import row
folder, number, die = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "die"
tally = Tally(folder / "tally.sqlite")
tally.start(folder / "usage.jsonl")
log = UsageLog(folder / "usage.jsonl", None, tally)
for at in range(number):
    log.write(row(time="2026-11-20T12:00:00.000Z"))
    if at == number // 2:
        tally.flush()
if die:
    os.kill(os.getpid(), 9)
"""


def test_several_workers_and_one_killed_are_counted_to_the_call(tmp_path: Path) -> None:
    code = textwrap.dedent(_WORKER.format(root=str(ROOT)))
    how = ("live", "die", "live")
    workers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), "400", one], cwd=ROOT) for one in how]
    assert [worker.wait(60) for worker in workers] == [0, -signal.SIGKILL, 0]

    lines = [json.loads(line) for line in (tmp_path / "usage.jsonl").read_text().splitlines()]
    assert len(lines) == 1_200
    restarted = Tally(tmp_path / "tally.sqlite", clock())
    restarted.catch_up(tmp_path / "usage.jsonl")
    assert counted(restarted) == 1_200
