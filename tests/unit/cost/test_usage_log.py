"""Usage logs are read line by line, each once, and what is no line of ours is counted and named."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.cost import usage_log
from dreamc.cost.usage_log import Line, Skipped, lines
from dreamc.errors import DreamError
from dreamc.runtime.logfile import Rotation
from dreamc.runtime.usage import Row, UsageLog
from tests.unit.cost.logs import numbered, row, write


def read(*files: Path) -> tuple[list[Line], Skipped]:
    skipped = Skipped()
    return list(lines(files, skipped)), skipped


def test_a_line_has_every_field_that_the_gateway_writes() -> None:
    written = {field.name for field in fields(Row)} | {"writer", "n"}
    assert set(Line.__struct_fields__) == written


def test_what_the_gateway_writes_and_puts_aside_comes_back_in_order_and_whole(tmp_path: Path) -> None:
    log = UsageLog(tmp_path / "usage.jsonl", Rotation(size=2_000))
    given_rows = [Row(**row(latency_s=at / 8, prompt_tokens=at, prompt="how?")) for at in range(20)]
    for one in given_rows:
        log.write(one)
    files = usage_log.logs_of(tmp_path / "usage.jsonl")
    found, skipped = read(*files)

    assert len(files) > 3
    assert [one.n for one in found] == list(range(1, 21))
    assert {name: getattr(found[7], name) for name in asdict(given_rows[7])} == asdict(given_rows[7])
    assert skipped == Skipped()


def test_a_line_knows_its_day_its_kind_and_its_nano_dollars() -> None:
    line = Line(time="2026-11-20T12:00:00.000Z", status="rejected: empty answer", usd=0.012345678)
    assert (line.day, line.kind, line.nano_usd) == ("2026-11-20", "rejected", 12_345_678)


def test_lines_that_a_full_disk_cut_off_are_counted_and_skipped(tmp_path: Path) -> None:
    whole = json.dumps(row()).encode()
    file = write(tmp_path / "usage.jsonl", [row()], more=whole[:80] + b"\n\n" + whole)
    found, skipped = read(file)
    assert (len(found), skipped.cut, skipped.foreign) == (2, 1, 0)


@pytest.mark.parametrize(
    ("foreign", "shape"),
    [
        ({"request_id": "r", "spend": 0.1, "startTime": "2026-11-20"}, "LiteLLM's spend log"),
        ({"litellm_call_id": "r", "response_cost": 0.1}, "LiteLLM's standard logging payload"),
        (
            {"status": "ok", "time": "2026-11-20T12:00:00.000+00:00", "tier": "a", "cost": 0.1, "model": "m"},
            "a router client's own export (llm_usage.jsonl), not the gateway's log",
        ),
        ({"custom_id": "1", "response": {}}, "a batch of OpenAI's API"),
        ({"level": "info"}, "JSON of another shape"),
        (row(usd=-1.0), "a line of a usage log with a value that cannot be"),
        (row(usd=1e15), "a line of a usage log with a value that cannot be"),
        (row(quality=-7.0), "a line of a usage log with a value that cannot be"),
        (row(score=99.0), "a line of a usage log with a value that cannot be"),
        (row(prompt_tokens=-5), "a line of a usage log with a value that cannot be"),
        (row(time="2026-02-31T00:00:00Z"), "a line of a usage log with a value that cannot be"),
        (row(time="2026-W47-5T00:00"), "a line of a usage log with a value that cannot be"),
        (row(status="success"), "a line of a usage log with a value that cannot be"),
        ([1, 2], "JSON of another shape"),
        (None, "JSON of another shape"),
    ],
)
def test_lines_of_other_tools_are_named_and_never_counted(tmp_path: Path, foreign: Any, shape: str) -> None:
    file = write(tmp_path / "usage.jsonl", [row(), foreign])
    found, skipped = read(file)
    assert (len(found), skipped.cut, skipped.shapes) == (1, 0, {shape: 1})


def test_a_file_and_its_copy_count_once_in_whatever_order(tmp_path: Path) -> None:
    rows = numbered([row() for _ in range(1500)])
    whole = write(tmp_path / "usage.jsonl", rows)
    copy = write(tmp_path / "copy.jsonl.gz", rows[1000:] + rows[200:600])
    for files in ((whole, copy), (copy, whole), (whole, whole, copy)):
        found, skipped = read(*files)
        assert (len(found), skipped.repeated) == (1500, 900)


def test_lines_of_two_processes_in_one_file_are_not_taken_for_copies(tmp_path: Path) -> None:
    file = write(tmp_path / "usage.jsonl", numbered([row()] * 5, "a") + numbered([row()] * 5, "b") + [row(), row()])
    found, skipped = read(file)
    assert (len(found), skipped.repeated) == (12, 0)


def test_a_file_named_twice_is_read_once_even_without_numbers(tmp_path: Path) -> None:
    file = write(tmp_path / "usage.jsonl", [row(), row()])
    link = tmp_path / "link.jsonl"
    link.symlink_to(file)
    assert len(read(file, link, file)[0]) == 2


def test_what_is_remembered_of_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_log, "BLOCKS", 4)
    seen = usage_log._Seen()
    assert not any(seen.before("w", at * 512) for at in range(100))
    assert len(seen._blocks) == 4
    assert seen.before("w", 99 * 512)
    assert not seen.before("w", 0)


@given(st.lists(st.integers(min_value=0, max_value=5000)))
def test_a_number_is_new_exactly_once(numbers: list[int]) -> None:
    seen = usage_log._Seen()
    found = [number for number in numbers if not seen.before("w", number)]
    assert found == list(dict.fromkeys(numbers))


def test_reading_20_000_lines_holds_no_more_than_a_few_of_them(tmp_path: Path) -> None:
    file = write(tmp_path / "usage.jsonl", numbered([row(reason=f"number {at}") for at in range(20_000)]))
    sum(1 for _ in lines([write(tmp_path / "warm.jsonl", [row()])]))
    tracemalloc.start()
    try:
        count = sum(1 for _ in lines([file]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 2**21 < file.stat().st_size


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    file = tmp_path_factory.mktemp("noise") / "usage.jsonl"
    file.write_bytes(b"{}\n" + noise + b"\n" + json.dumps(row()).encode())
    found, skipped = read(file)
    assert len(found) == 1
    assert skipped.foreign >= 1


def test_deep_json_is_another_shape_and_no_traceback(tmp_path: Path) -> None:
    file = write(tmp_path / "usage.jsonl", [row()], more=b'{"time":' + b"[" * 100_000 + b"\n")
    found, skipped = read(file)
    assert (len(found), skipped.cut) == (1, 1)


def test_a_file_that_is_missing_raises_what_the_command_line_says(tmp_path: Path) -> None:
    with pytest.raises(DreamError, match="is not there") as error:
        read(tmp_path / "usage.jsonl")
    assert error.value.remedy == "name a usage log"
