"""The table of codes is complete and in order, and every code in the program has a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import dreamc
from dreamc.diagnostics.codes import FILE, codes, explain, severity, title

_CODE = re.compile(r"\bDRM[0-9]{3}\b")
_SOURCES = sorted(Path(dreamc.__file__).parent.rglob("*.py"))


def test_every_row_is_whole_and_no_code_is_used_twice() -> None:
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert [set(row) for row in rows] == [{"code", "severity", "title", "explain"}] * len(rows)
    assert len({row["code"] for row in rows}) == len(rows)


@pytest.mark.parametrize("code", list(codes()))
def test_each_code_is_explained_in_a_few_sentences(code: str) -> None:
    row = codes()[code]
    assert _CODE.fullmatch(code)
    assert row.severity in ("error", "warning", "note")
    assert row.title
    assert not row.title.endswith(".")
    assert row.explain
    assert 2 <= len(re.findall(r"[.?](?:\s|$)", row.explain)) <= 6


def test_every_code_that_is_reported_has_a_row() -> None:
    written = {code for file in _SOURCES for code in re.findall(r'"(DRM[0-9]{3})"', file.read_text(encoding="utf-8"))}
    assert sorted(written - set(codes())) == []


def test_a_known_code_has_all_its_words() -> None:
    assert (severity("DRM101"), severity("DRM042")) == ("error", "warning")
    assert title("DRM101") == "unknown key"
    assert "misspelt" in (explain("DRM101") or "")


def test_an_unknown_code_is_no_traceback() -> None:
    assert (severity("DRM000"), title("DRM000"), explain("DRM000")) == ("error", "DRM000", None)
