"""The usage log is one JSON line per call, and never in the way of a request."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from dreamc.runtime.usage import Row, UsageLog

ROW = Row(
    time="2026-11-20T12:00:00.000Z",
    status="ok",
    alias="auto",
    group="tier:local_fast",
    member="fast",
    location="local",
    tier="local_fast",
    action=None,
    reason="score 0 (nothing found)",
    prompt_tokens=10,
    completion_tokens=5,
    usd=0.0,
    latency_s=0.25,
)


def test_every_call_is_one_line(tmp_path: Path) -> None:
    log = UsageLog(tmp_path / "usage.jsonl")
    log.write(ROW)
    log.write(replace(ROW, reason="two\nlines"))

    lines = (tmp_path / "usage.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["score 0 (nothing found)", "two\nlines"]
    assert json.loads(lines[0])["latency_s"] == 0.25


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    UsageLog(None).write(ROW)

    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_once_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = UsageLog(Path("/dev/full"))
    with caplog.at_level(logging.ERROR):
        log.write(ROW)
        log.write(ROW)

    assert [record.message.split(":")[0] for record in caplog.records] == [
        "usage log /dev/full cannot be written, requests go on"
    ]


def test_a_second_outage_is_said_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "data"
    log = UsageLog(folder / "usage.jsonl")
    log.write(ROW)
    folder.mkdir()
    log.write(ROW)
    (folder / "usage.jsonl").unlink()
    folder.rmdir()
    log.write(ROW)

    assert len(caplog.records) == 2
