"""Every inventory in cases/inventory gives exactly the output beside it; every code of inventories has one.

`UPDATE=1 pytest` writes the outputs; read every line of the difference as a user would.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dreamc.diagnostics.codes import codes
from dreamc.diagnostics.render import render
from dreamc.diagnostics.report import Report, make_report
from dreamc.provision.inventory.files import read_inventory

CASES = Path(__file__).parents[3] / "cases" / "inventory"
ENTRIES = sorted(path for path in CASES.iterdir() if path.suffix != ".out")


def checked(path: Path) -> Report:
    inventory, findings = read_inventory([path])
    return make_report(findings, inventory.document)


@pytest.mark.parametrize("case", ENTRIES, ids=lambda path: path.stem)
def test_what_is_wrong_with_an_inventory_is_said_word_for_word(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    report = checked(Path(case.name))
    text = render(report, "text")
    expected = CASES / f"{case.stem}.out"
    if os.environ.get("UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert case.stem[:6] in {finding.diagnostic.code for finding in report.findings}


def test_every_code_of_inventories_has_a_case() -> None:
    wanted = {code for code in codes() if re.fullmatch(r"DRM7[01]\d", code)}
    assert wanted - {case.stem[:6] for case in ENTRIES} == set()


@pytest.mark.parametrize("format", ["text", "json", "github", "sarif", "junit", "markdown"])
def test_no_password_of_an_inventory_is_shown_in_any_format(format: str) -> None:
    text = render(checked(CASES / "DRM707-password.yaml"), format)  # type: ignore[arg-type]
    assert "DRM707" in text
    assert "hunter2" not in text
    assert "12345" not in text
