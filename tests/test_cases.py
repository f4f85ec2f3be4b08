"""Every file of cases/err gives exactly the output beside it, every file of cases/ok gives none.

`UPDATE=1 pytest tests/test_cases.py` writes the outputs; read every line of the difference as a user would.
A file `NAME.over.yaml` beside a case is its overlay, `NAME.lock.yaml` its lock file and
`NAME.calibration.yaml` its start-up figures. What a case names further lies in `cases/err/parts`.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from dreamc.compiler import Request, Result, resolve
from dreamc.diagnostics.codes import codes
from dreamc.diagnostics.render import render
from dreamc.diagnostics.report import Report, make_report

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 20)
OVERLAY = ".over.yaml"
LOCK = ".lock.yaml"
LOGGED = ".calibration.yaml"
NO_CASE = {
    "DRM002": "a file of more than 8 MiB is made by the test of bad input, not kept here",
}
"""Codes of files without a case, and why."""


def cases(kind: str) -> list[Path]:
    return sorted(path for path in (CASES / kind).glob("*.yaml") if not path.name.endswith((OVERLAY, LOCK, LOGGED)))


def checked(case: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Result, Report]:
    """The case as `dreamc check` sees it from its own folder, in an empty environment."""
    monkeypatch.chdir(case.parent)
    overlay = "over" if case.with_suffix(OVERLAY).exists() else None
    result = resolve(Request(Path(case.name), overlay, {}, TODAY))
    return result, make_report(result.findings, result.document, result.sources)


@pytest.mark.parametrize("case", cases("err"), ids=lambda path: path.stem)
def test_what_is_wrong_is_said_word_for_word(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, report = checked(case, monkeypatch)
    text = render(report, "text")
    expected = case.with_suffix(".out")
    if os.environ.get("UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert case.stem[:6] in {finding.diagnostic.code for finding in report.findings}


@pytest.mark.parametrize("case", cases("ok"), ids=lambda path: path.stem)
def test_a_good_file_is_passed_in_silence(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, report = checked(case, monkeypatch)
    assert render(report, "text") == ""
    assert result.stack is not None


def test_every_code_of_the_files_has_a_case() -> None:
    shown = {case.stem[:6] for case in cases("err")}
    wanted = {code for code in codes() if re.fullmatch(r"DRM[0-6]\d\d", code)}
    assert wanted - shown - set(NO_CASE) == set()
    assert shown <= wanted
    assert set(NO_CASE).isdisjoint(shown)


def test_no_output_is_left_without_its_case() -> None:
    assert {path.stem for path in (CASES / "err").glob("*.out")} == {path.stem for path in cases("err")}
