"""Findings in order, at their places, without what comments ignore."""

from __future__ import annotations

from dreamc.diagnostics.report import Report, make_report
from dreamc.diagnostics.types import Diagnostic, Path, Related, Source, Span
from dreamc.document.merge import merge
from dreamc.document.read import read
from tests.unit.document.sample import sliced

TEXT = """\
models:
  a:
    source: x
    port: 1 # dreamc: ignore[DRM203] shared on purpose
  # dreamc: ignore[DRM203]
  b: {source: x, port: 1}
  c: 2 x t4
  d:
"""


def _report(*diagnostics: Diagnostic, text: str = TEXT) -> Report:
    document, found = read(Source("dream.yaml", text))
    assert document is not None
    return make_report((*found, *diagnostics), document)


def _said(path: Path, code: str = "DRM203", on_key: bool = False) -> Diagnostic:
    return Diagnostic(code, path, "a message", on_key=on_key)


def _places(report: Report) -> list[str]:
    return [
        f"{item.diagnostic.code}:{item.span.start_line}:{item.span.start_column}" if item.span else "-"
        for item in report.findings
    ]


def test_findings_come_in_the_order_of_the_file_and_once() -> None:
    report = _report(
        _said(("models", "c"), "DRM302"), _said(("models", "a", "source"), "DRM302"),
        _said(("models", "c"), "DRM301"), _said(("models", "c"), "DRM302"),
        _said(("models", "a", "port")), _said(("models", "b", "port")),
    )  # fmt: skip
    assert _places(report) == ["DRM302:3:13", "DRM040:5:3", "DRM301:7:6", "DRM302:7:6"]


def test_an_ignored_finding_is_kept_apart_with_its_reason() -> None:
    report = _report(_said(("models", "a", "port")), _said(("models", "b", "port")))
    assert [(item.reason, item.span and item.span.start_line) for item in report.ignored] == [
        ("shared on purpose", 4),
        ("", 6),
    ]
    assert _places(report) == ["DRM040:5:3"]
    assert (report.count("warning"), report.has_errors) == (1, False)


def test_an_ignore_that_silences_nothing_is_reported() -> None:
    assert _places(_report()) == ["DRM042:4:13", "DRM042:5:3"]


def test_after_an_error_of_shape_unused_ignores_are_not_judged() -> None:
    assert _places(_report(_said(("models", "c"), "DRM105"))) == ["DRM040:5:3", "DRM105:7:6"]


def test_errors_of_shape_cannot_be_ignored() -> None:
    report = _report(_said(("a",), "DRM105"), text="a: 1 # dreamc: ignore[DRM105] no\n")
    assert _places(report) == ["DRM105:1:4", "DRM044:1:6"]
    assert report.has_errors


def test_an_ignore_of_an_unknown_code_is_reported() -> None:
    assert _places(_report(text="a: 1 # dreamc: ignore[DRM999] no\n")) == ["DRM041:1:6"]


def test_a_missing_key_is_marked_at_the_key_that_should_hold_it() -> None:
    assert _places(_report(_said(("models", "a", "engine"), "DRM102"), _said(("models", "d", "source"), "DRM102")))[
        :2
    ] == [
        "DRM102:2:3",
        "DRM040:5:3",
    ]
    assert "DRM102:8:3" in _places(_report(_said(("models", "d", "source"), "DRM102")))


def test_the_inside_of_a_short_form_is_marked_at_the_short_form() -> None:
    assert "DRM301:7:6" in _places(_report(_said(("models", "c", 0, "count"), "DRM301")))


def test_a_key_is_marked_where_the_key_is_meant_and_where_its_value_is_a_block() -> None:
    report = _report(_said(("models", "c"), "DRM301", on_key=True), _said(("models", "a"), "DRM301"))
    assert [sliced(TEXT, item.span) for item in report.findings if item.diagnostic.code == "DRM301"] == ["a", "c"]


def test_the_whole_file_and_a_list_item_are_marked_at_their_first_key() -> None:
    text = "# c\ntests:\n  - ask: a\n    expect: b\n"
    report = _report(
        _said((), "DRM301"), _said(("tests", 0), "DRM302"), _said(("tests", 0, "action"), "DRM102"), text=text
    )
    assert _places(report) == ["DRM301:2:1", "DRM102:3:5", "DRM302:3:5"]
    assert [sliced(text, item.span) for item in report.findings] == ["tests", "ask", "ask"]


def test_a_path_that_leads_nowhere_is_still_reported() -> None:
    report = make_report([_said(("x", "y"), "DRM901")])
    assert [item.span for item in report.findings] == [None]


def test_the_second_place_is_found_by_its_path() -> None:
    said = Diagnostic(
        "DRM203", ("models", "c"), "twice", related=(Related(("models", "a", "port"), "here", on_key=True),)
    )
    finding = next(item for item in _report(said).findings if item.diagnostic.code == "DRM203")
    assert [(sliced(TEXT, mark.span), mark.label) for mark in finding.marks] == [("port", "here")]


def test_an_alias_is_the_second_place_of_what_it_repeats() -> None:
    text = "a: &x {p: 1}\nb: *x\nc: *x\n"
    report = _report(_said(("b", "p"), "DRM301"), _said(("c", "p"), "DRM301"), text=text)
    assert len(report.findings) == 1
    assert [sliced(text, mark.span) for mark in report.findings[0].marks] == ["*x"]


def test_findings_of_a_profile_point_into_the_profile() -> None:
    under, _ = read(Source("profile.yaml", "a: 1"), 1)
    over, _ = read(Source("dream.yaml", "b: 2"), 0)
    assert under is not None
    assert over is not None
    report = make_report([_said(("a",), "DRM301"), _said(("b",), "DRM301")], merge(under, over))
    assert [report.sources[item.span.source].name for item in report.findings if item.span] == [
        "dream.yaml",
        "profile.yaml",
    ]


def test_without_a_document_the_sources_are_given() -> None:
    source = Source("dream.yaml", "a: [")
    document, found = read(source)
    assert document is None
    report = make_report(found, sources=(source,))
    assert report.findings[0].span == Span(0, 1, 4, 1, 5)
    assert report.sources == (source,)


def test_a_key_of_a_known_issuer_is_taken_out_of_every_message() -> None:
    said = Diagnostic("DRM106", ("models", "c"), "unknown value 'sk-abcdefghijklmnop'", help="not sk-abcdefghijklmnop")
    assert "abcdefgh" not in repr(_report(said).findings)
