"""A whole import: the written file passes `check`, every key has one verdict, and no secret is copied."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.moving.notes import leaves
from dreamc.moving.prove import alone, prove
from dreamc.moving.recognise import find
from dreamc.moving.report import as_json, as_markdown, as_text
from tests.unit.moving.shapes import CARDS, SHAPES, TODAY, moved, row, shape

SECRETS = re.compile(r"NoRealKey|NoRealToken|notarealkey|not-a-real-password")


@pytest.mark.parametrize("name", CARDS)
def test_check_accepts_what_is_written_of_every_shape(name: str) -> None:
    proof = prove(shape(name).text, alone(TODAY))
    assert not proof.failed, proof.findings
    assert proof.stack is not None


@pytest.mark.parametrize("name", CARDS)
def test_every_key_of_every_source_has_exactly_one_verdict(name: str) -> None:
    found, made = find((SHAPES / name,)), shape(name)
    assert len(found.given) >= 1
    wanted = [(one.name, one.line(path)) for one in found.given for path in leaves(one.value)]
    assert sorted(wanted) == sorted((one.file, one.line) for one in made.rows)
    keys = [(one.file, one.key) for one in made.rows]
    assert len(keys) == len(set(keys))
    assert all(one.reason for one in made.rows if one.verdict != "taken"), "a correction without a reason"


@pytest.mark.parametrize("name", CARDS)
def test_no_value_of_a_secret_is_anywhere_in_what_comes_out(name: str) -> None:
    sources = "".join(file.read_text() for file in (SHAPES / name).iterdir())
    made = shape(name)
    assert name == "whitelist" or SECRETS.search(sources), "this shape holds none, so nothing is tested"
    for text in (made.text, as_text(made), as_json(made), as_markdown(made)):
        assert not SECRETS.search(text)


@pytest.mark.parametrize("name", CARDS)
def test_the_written_file_is_the_one_that_was_reviewed(name: str) -> None:
    written = shape(name).text.replace(f"{SHAPES.as_posix()}/", "")
    expected = SHAPES / "expected" / f"{name}.yaml"
    if os.environ.get("UPDATE"):
        expected.write_text(written, encoding="utf-8")
    assert written == expected.read_text(encoding="utf-8")


def test_everything_at_once_is_accounted_for_too() -> None:
    made = moved(*(SHAPES / name for name in CARDS), gpu="2 x rtx-3090", name="all-of-it")
    files = {path.as_posix() for name in CARDS for path in (SHAPES / name).iterdir()}
    assert {one.file for one in made.rows} == files
    document, problems = read(Source("dream.yaml", made.text))
    assert document is not None, problems
    assert made.conflicts


def test_a_part_says_behind_it_where_it_came_from() -> None:
    lines = shape("daemon").text.splitlines()
    assert any(
        line.startswith("  daily: 10 USD  # from ") and line.endswith("cost_control.daily_budget") for line in lines
    )


def test_the_same_sources_give_the_same_bytes() -> None:
    assert shape("modes").text == shape("modes").text
    assert as_json(shape("modes")) == as_json(shape("modes"))


def test_nothing_is_said_to_be_taken_of_files_without_a_known_key(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text('{"domains": [7], "x": {"y": 1}}', encoding="utf-8")
    made = moved(tmp_path / "w.json")
    assert row(made, "x.y").verdict == "left"
