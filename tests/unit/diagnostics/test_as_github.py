"""Workflow commands that GitHub understands."""

from __future__ import annotations

from dreamc.diagnostics.as_github import as_github
from tests.unit.diagnostics.rendering import EMPTY, everything, report, said


def test_a_finding_is_one_command_with_its_place() -> None:
    shown = as_github(
        report(said(("name",), "DRM106", "unknown value", label="expected 'a'", help="did you mean 'a'?"))
    )
    assert shown.split("\n")[0] == (
        "::error file=dream.yaml,line=1,col=7,endColumn=12,title=DRM106 unknown value::"
        "unknown value%0Aexpected 'a'%0Ahelp: did you mean 'a'?"
    )


def test_signs_that_mean_something_to_github_are_escaped() -> None:
    shown = as_github(report(said(("a",), message="100%\nx"), text="a: 1\n", name="a,b:c.yaml"))
    assert "file=a%2Cb%3Ac.yaml,line=1" in shown
    assert "::100%25%0Ax" in shown


def test_a_stretch_of_several_lines_has_no_columns() -> None:
    shown = as_github(report(said(("a",)), text="a: [1,\n  2]\n"))
    assert "line=1,endLine=2," in shown
    assert "col=" not in shown


def test_warnings_are_warnings_and_ignored_findings_are_silent() -> None:
    shown = as_github(everything())
    assert "::warning file=dream.yaml,line=1,col=1,endColumn=4,title=DRM019" in shown
    assert "DRM302" not in shown
    assert as_github(EMPTY) == ""
