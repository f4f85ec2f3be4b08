"""dream.calibration.yaml: what is written is read back, and what is wrong in it has its place."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.read import read
from dreamc.sizing.own_rows import merged, read_rows, rows_text
from dreamc.sizing.types import GIB, Measured

ROW = Measured("llama-1x2x3", "org/model", "l4", "0.33", 1, 64, 2048, False, "boot.log", "2026-11-20", weights=5 * GIB)
TEXT = rows_text((ROW,))


def found(text: str) -> tuple[tuple[Measured, ...], tuple[Diagnostic, ...]]:
    document, problems = read(Source("dream.calibration.yaml", text))
    assert document is not None, problems
    return read_rows(document)


def test_what_is_written_is_read_back() -> None:
    full = replace(ROW, gpu="h100", eager=True, activation=GIB, non_torch=GIB // 4, graphs=GIB // 2, taken=9 * GIB)
    rows, problems = found(rows_text((ROW, full)))
    assert problems == ()
    assert set(rows) == {ROW, full}


def test_the_order_of_rows_does_not_change_the_file() -> None:
    other = replace(ROW, gpu="h100")
    assert rows_text((ROW, other)) == rows_text((other, ROW))


def test_a_row_of_the_same_key_takes_the_place_of_the_old_one() -> None:
    newer, other = replace(ROW, weights=6 * GIB, source="second.log"), replace(ROW, tp=2)
    assert merged((ROW, other), newer) == (other, newer)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("5 GiB", "5", ("rows", 0, "weights")),
        ("5 GiB", "-5 GiB", ("rows", 0, "weights")),
        ("5 GiB", "5000 TiB", ("rows", 0, "weights")),
        ("tensor_parallel: 1", "tensor_parallel: 0", ("rows", 0, "tensor_parallel")),
        ('"0.33"', '"newest"', ("rows", 0, "vllm")),
        ('"2026-11-20"', '"yesterday"', ("rows", 0, "checked")),
        ("source:", "sourse:", ("rows", 0, "sourse")),
        ('    weights: "5 GiB"\n', "", ("rows", 0, "architecture")),
    ],
)
def test_a_bad_row_is_pointed_at(old: str, new: str, path: tuple[str | int, ...]) -> None:
    assert old in TEXT
    rows, problems = found(TEXT.replace(old, new))
    assert rows == ()
    assert [one.path for one in problems] == [path]


def test_two_rows_of_one_key_contradict_each_other() -> None:
    rows, problems = found(TEXT + TEXT.partition("rows:\n")[2])
    assert rows == ()
    assert [(one.code, one.path, one.label) for one in problems] == [
        ("DRM319", ("rows", 1, "architecture"), "as in row 1")
    ]
