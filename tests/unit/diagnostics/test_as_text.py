"""Findings on a terminal: the caret stands exactly under the cause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.diagnostics.as_text import as_text, summary
from dreamc.diagnostics.report import make_report
from dreamc.diagnostics.types import Diagnostic, Source, Span
from dreamc.diagnostics.width import width
from dreamc.document.write import yaml_text
from tests.unit.diagnostics.rendering import EMPTY, everything, report, said


def test_a_finding_shows_line_caret_label_second_place_and_remedy() -> None:
    text = "gpu: rtx4090\n\n\nmodels:\n  coder: {quantization: bf16}\n"
    finding = Diagnostic(
        "DRM301", ("models", "coder", "quantization"), "'coder' does not fit on 2 x rtx4090",
        "weights need 28.4 GiB on each GPU", "use quantization: awq-int4, or gpus: 4",
    )  # fmt: skip
    from msgspec.structs import replace

    from dreamc.diagnostics.types import Related

    shown = as_text(report(replace(finding, related=(Related(("gpu",), "24 GiB"),)), text=text))
    assert shown == (
        f"{severity()}[DRM301]: 'coder' does not fit on 2 x rtx4090\n"
        " --> dream.yaml:5:25\n"
        "  |\n"
        "1 | gpu: rtx4090\n"
        "  |      ------- 24 GiB\n"
        "...\n"
        "5 |   coder: {quantization: bf16}\n"
        "  |                         ^^^^ weights need 28.4 GiB on each GPU\n"
        "  = help: use quantization: awq-int4, or gpus: 4\n"
        "\n"
        f"1 {severity()}\n"
    )


def severity() -> str:
    from dreamc.diagnostics.codes import severity as of

    return of("DRM301")


def test_nothing_found_is_nothing_shown() -> None:
    assert as_text(EMPTY) == ""
    assert summary(EMPTY) == "nothing found"


def test_the_whole_report() -> None:
    shown = as_text(everything())
    assert "hunter2" not in shown
    assert "key: •••••••••••••••" in shown
    assert shown.endswith("2 errors, 1 warning, 1 ignored\n")
    assert "too | `tight`" not in shown


@pytest.mark.parametrize("before", ["漢字", "e\u0301", "\u200b", "😀😀", "é", "a"])
def test_the_caret_counts_columns_of_the_terminal(before: str) -> None:
    lines = as_text(report(said(("b",)), text=f"{{a: '{before}', b: 123}}")).split("\n")
    line, carets = lines[3], lines[4]
    assert width(carets[: carets.index("^")]) == width(line[: line.index("123")])
    assert carets.count("^") == 3


def test_tabs_inside_a_line_keep_the_caret_in_place() -> None:
    lines = as_text(report(said(("b",)), text="a: 1\nb:\t12")).split("\n")
    assert lines[3:5] == ["2 | b:    12", "  |       ^^"]


def test_a_wide_value_has_wide_carets() -> None:
    assert "^^^^\n" in as_text(report(said(("a",)), text="a: 漢字\n"))


def test_a_long_line_is_cut_around_its_caret() -> None:
    text = "{a: '" + "x" * 300 + "', b: 1, c: '" + "y" * 300 + "'}"
    lines = as_text(report(said(("b",), label="here"), text=text)).split("\n")
    line, carets = lines[3], lines[4]
    assert max(map(len, lines)) <= 140
    assert line.startswith("1 | …")
    assert line.endswith("…")
    assert line[carets.index("^")] == "1"


def test_a_label_that_the_message_already_says_is_not_repeated() -> None:
    shown = as_text(report(said(("name",), message="expected x; got y", label="expected x")))
    assert shown.count("expected x") == 1


def test_places_in_two_files_are_shown_one_after_the_other() -> None:
    sources = (Source("dream.yaml", "a: 1\n"), Source("profile.yaml", "b: 2\nc: 3\n"))
    from dreamc.diagnostics.types import Related

    related = Related((), "set here", span=Span(1, 2, 4, 2, 5))
    finding = Diagnostic("DRM301", (), "m", span=Span(0, 1, 4, 1, 5), related=(related,))
    shown = as_text(make_report([finding], sources=sources))
    assert " --> dream.yaml:1:4\n" in shown
    assert " ::: profile.yaml:2:4\n  |\n2 | c: 3\n  |    - set here\n" in shown


def test_a_file_that_has_no_text_is_named_without_lines() -> None:
    finding = Diagnostic("DRM001", (), "there is no file", span=Span(0, 1, 1, 1, 1))
    shown = as_text(make_report([finding], sources=(Source("nope.yaml", ""),)))
    assert shown.startswith("error[DRM001]: there is no file\n --> nope.yaml:1:1\n")


def test_a_finding_without_a_remedy_of_its_own_says_where_one_stands() -> None:
    shown = as_text(report(said(("a",)), text="a: 1\n"))
    assert "= help: `dreamc explain DRM301` says what to do" in shown


def test_a_value_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    shown = as_text(report(said(("a",)), text="a: [1,\n  2]\n"))
    assert "1 | a: [1,\n  |    ^^^\n" in shown


def test_colour_appears_only_when_asked_for() -> None:
    assert "\x1b" not in as_text(everything())
    assert "\x1b[1;31merror[DRM204]\x1b[0m" in as_text(everything(), colour=True)


def test_a_key_of_a_known_issuer_is_blotted_out_in_any_line() -> None:
    shown = as_text(report(said(("name",)), text="name: sk-abcdefghijklmnop # hf_abcdefghijklmnop\n"))
    assert "abcdefgh" not in shown


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=12), min_size=1, max_size=4))
def test_whatever_the_file_holds_every_caret_line_has_a_caret(value: dict[str, str]) -> None:
    text = yaml_text(value)
    for key in value:
        shown = as_text(report(said((key,)), text=text))
        assert "^" in shown
        assert "\x1b" not in shown
