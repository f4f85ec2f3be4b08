"""A log of several processes: whole lines, put aside by size and age, the oldest deleted."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from dreamc.runtime.logfile import LogFile, Rotation, aside, files

NOON = 1_795_176_000.0  # 2026-11-20T12:00:00Z


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def line(number: int, time: str = "2026-11-20T12:00:00.000Z") -> bytes:
    return json.dumps({"time": time, "n": number}, separators=(",", ":")).encode() + b"\n"


def numbers(path: Path) -> list[int]:
    return [json.loads(each)["n"] for file in files(path) for each in file.read_text().splitlines()]


def test_a_large_log_is_put_aside_under_the_name_of_the_moment(tmp_path: Path) -> None:
    path, size = tmp_path / "usage.jsonl", len(line(1))
    log = LogFile(path, Rotation(size=2 * size), Clock())
    for number in range(1, 6):
        log.append(line(number))

    assert [one.name for one in files(path)] == [
        "usage-20261120T120000.000Z.jsonl",
        "usage-20261120T120000.001Z.jsonl",
        "usage.jsonl",
    ]
    assert numbers(path) == [1, 2, 3, 4, 5]


def test_an_old_log_is_put_aside_by_the_age_of_its_first_line(tmp_path: Path) -> None:
    path, clock = tmp_path / "usage.jsonl", Clock()
    path.write_bytes(line(1, "2026-11-13T11:59:00.000Z"))
    log = LogFile(path, Rotation(age_s=7 * 86_400), clock)
    log.append(line(2))
    log.append(line(3))

    assert len(aside(path)) == 1
    assert numbers(path) == [1, 2, 3]
    clock.now += 6 * 86_400
    log.append(line(4))
    assert len(aside(path)) == 1


def test_only_as_many_as_wanted_are_kept_and_no_other_file_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "usage.jsonl"
    for name in ("usage-notes.jsonl", "usage-2026.jsonl", "usage.jsonl.bak", "usage-20261120T120000.000Z.txt"):
        (tmp_path / name).write_text("mine")
    log = LogFile(path, Rotation(size=1, keep=3), Clock())
    for number in range(1, 11):
        log.append(line(number))

    assert numbers(path) == [7, 8, 9, 10]
    assert sum(one.read_text() == "mine" for one in tmp_path.iterdir()) == 4


def test_a_log_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "usage.jsonl"
    log = LogFile(path, Rotation(), Clock())
    log.append(line(1))
    path.rename(tmp_path / "elsewhere")
    log.append(line(2))
    path.unlink()
    log.append(line(3))

    assert numbers(path) == [3]


def test_a_torn_line_is_ended_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a disk does that has room for a part of a line."""
    path = tmp_path / "usage.jsonl"
    log = LogFile(path, Rotation(), Clock())
    write = __import__("os").write
    with monkeypatch.context() as patch:
        patch.setattr("dreamc.runtime.logfile.os.write", lambda file, given: write(file, given[:5]))
        with pytest.raises(OSError, match="part of a line"):
            log.append(line(1))
    log.append(line(2))

    assert path.read_bytes() == line(1)[:5] + b"\n" + line(2)


def test_a_log_that_cannot_be_put_aside_grows_on_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    path = tmp_path / "usage.jsonl"
    log = LogFile(path, Rotation(size=1), Clock())
    monkeypatch.setattr(Path, "rename", fail)
    for number in range(1, 4):
        log.append(line(number))

    assert numbers(path) == [1, 2, 3]
    assert [record.message.partition(" and grows")[0] for record in caplog.records] == [
        f"usage log {path} cannot be put aside"
    ]


def append_many(path: Path, first: int, count: int) -> None:
    log = LogFile(path, Rotation(size=20_000, keep=100))
    for number in range(first, first + count):
        log.append(json.dumps({"n": number, "filler": "x" * (number % 300)}).encode() + b"\n")


def test_four_processes_lose_and_tear_no_line_while_the_log_is_put_aside_under_them(tmp_path: Path) -> None:
    path, each = tmp_path / "usage.jsonl", 1_500
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=append_many, args=(path, at * each, each)) for at in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert sorted(numbers(path)) == list(range(4 * each))
    assert len(aside(path)) > 10
