"""Which files a log is made of, and what is said of those that cannot be read."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamc.cost import log_files
from dreamc.cost.log_files import identity, logs_of, raw_lines
from dreamc.errors import DreamError
from dreamc.runtime.logfile import named
from tests.unit.cost.logs import row, write


def names(found: tuple[Path, ...]) -> list[str]:
    return [one.name for one in found]


def test_files_put_aside_come_first_and_by_age_compressed_or_not(tmp_path: Path) -> None:
    log = write(tmp_path / "usage.jsonl", [row()])
    old, older = named(log, 1_790_000_000.0), named(log, 1_780_000_000.5)
    write(old, [row()])
    write(Path(f"{older}.gz"), [row()])
    for other in ("usage-notes.jsonl", "usage.jsonl.bak", "usage2.jsonl", ".usage.jsonl.lock", "usage-1.jsonl"):
        (tmp_path / other).touch()

    assert names(logs_of(log)) == [f"{older.name}.gz", old.name, "usage.jsonl"]
    assert names(logs_of(old)) == [old.name]


def test_what_was_put_aside_is_found_when_the_log_itself_is_not_there_yet(tmp_path: Path) -> None:
    old = write(named(tmp_path / "usage.jsonl", 1_790_000_000.0), [row()])
    assert names(logs_of(tmp_path / "usage.jsonl")) == [old.name]


def test_a_log_that_is_nowhere_is_named_so_that_reading_can_say_so(tmp_path: Path) -> None:
    for missing in (tmp_path / "usage.jsonl", tmp_path / "no" / "usage.jsonl"):
        assert logs_of(missing) == (missing,)


def test_a_log_without_a_folder_before_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("usage.jsonl"), [row()])
    assert logs_of(Path("usage.jsonl")) == (Path("usage.jsonl"),)


def refused(path: Path) -> DreamError:
    def read() -> None:
        identity(path)
        list(raw_lines(path, []))

    with pytest.raises(DreamError) as error:
        read()
    return error.value


def test_a_directory_is_not_a_log_and_the_log_in_it_is_named(tmp_path: Path) -> None:
    assert str(refused(tmp_path)) == f"{tmp_path} is a directory, not a usage log; name the usage log"
    write(tmp_path / "usage.jsonl", [row()])
    assert refused(tmp_path).remedy == f"name the log in it: {tmp_path / 'usage.jsonl'}"


@pytest.mark.parametrize(
    ("pack", "what", "remedy"),
    [
        (bz2.compress, "is compressed with bzip2", "unpack it first: bzip2 -d"),
        (lzma.compress, "is compressed with xz", "unpack it first: xz -d"),
        (lambda text: b"\x28\xb5\x2f\xfd" + text, "is compressed with zstd", "unpack it first: zstd -d"),
        (lambda text: b"\xff\xfe" + text, "is UTF-16 text", "write it as UTF-8"),
        (lambda text: b"[" + text + b"]", "is one JSON array, not a JSON object", "write a line each: jq -c '.[]'"),
    ],
)
def test_what_is_no_log_is_called_by_its_name(
    tmp_path: Path, pack: Callable[[bytes], bytes], what: str, remedy: str
) -> None:
    file = tmp_path / "usage.jsonl"
    file.write_bytes(pack(json.dumps(row()).encode()))
    found = refused(file)
    assert what in found.what
    assert found.remedy == remedy


def test_the_tally_given_for_the_log_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "tally.sqlite"
    with sqlite3.connect(file) as tally:
        tally.execute("CREATE TABLE calls (day TEXT)")
    assert refused(file).remedy == "name the log beside it: usage.jsonl"


def test_an_archive_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "usage.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("usage.jsonl", json.dumps(row()))
    assert refused(file).what == f"{file} is a ZIP archive"


def test_a_compressed_log_that_ends_too_early_gives_what_is_there(tmp_path: Path) -> None:
    file, torn = tmp_path / "usage.jsonl.gz", list[str]()
    text = b"".join(json.dumps(row(reason=os.urandom(40).hex())).encode() + b"\n" for _ in range(5000))
    packed = gzip.compress(text)
    file.write_bytes(packed[: len(packed) // 2])
    found = list(raw_lines(file, torn))
    assert 2400 < len(found) < 2600
    assert text.startswith(b"\n".join(found[:2400]))
    assert torn == [str(file)]


def test_damaged_compression_is_noted_as_well(tmp_path: Path) -> None:
    file, torn = tmp_path / "usage.jsonl.gz", list[str]()
    file.write_bytes(gzip.compress(b"{}\n")[:10] + b"\xff" * 40)
    assert list(raw_lines(file, torn)) == []
    assert torn == [str(file)]


def test_a_byte_order_mark_and_windows_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "usage.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n{"b":2}')
    assert [json.loads(one) for one in raw_lines(file, [])] == [{"a": 1}, {"b": 2}]


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LONGEST", 1000)
    monkeypatch.setattr(log_files, "READ", 100)
    file = tmp_path / "usage.jsonl"
    file.write_bytes(b"x" * 50_000 + b'\n{"a":1}\n')
    found = list(raw_lines(file, []))
    assert max(map(len, found)) <= 1100
    assert found[-2:] == [b'{"a":1}', b""]


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(b'{"a":1}\n'),))
    feeder.start()
    found = list(raw_lines(pipe, []))
    feeder.join()
    assert found == [b'{"a":1}', b""]
