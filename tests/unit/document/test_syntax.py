"""The words for broken YAML: about the cause, at its place, with the corrected text where it is known."""

from __future__ import annotations

import pytest

from tests.unit.document.sample import findings, only, sliced

CASES = [
    ("a: b: c", "b: c", "a value with ': ' in it must stand between quotes"),
    ("- x: 1\n- ask: see: this", "see: this", "a value with ': ' in it must stand between quotes"),
    ("models\n  a: 1", "models", "a ':' is missing after this key"),
    ("a:b\nc: d", ":", "a space is missing after ':'"),
    ("x:\n  a:b\n  c: d", ":", "a space is missing after ':'"),
    ("foo: bar\n  baz: 1", "baz", "this key is indented too far"),
    ("a: 1\nplain text\nb: 2", "plain text", "this line has no ':'"),
    ("a:\n  b: 1\n c: 2", "c: 2", "this indentation fits no line above"),
    ("a: [", "[", "this '[' is never closed"),
    ("a: [1,\n", "[", "this '[' is never closed"),
    ("a: [1, 2", "[", "this '[' is never closed"),
    ("a: {b: 1\nc: 2", "{", "this '{' is never closed"),
    ("a: [1, 2]]", "]", "the value has already ended here"),
    ("{a: 1}}", "}", "this '}' closes nothing"),
    ("a: 1\n]", "]", "this ']' closes nothing"),
    ("a: [1 {b: 2}]", "{", "expected ',' or ']' here"),
    ("a: {port: ${PORT}}", "${PORT}}", "'${' must be quoted here"),
    ('a: "x\nb: 1', '"x', "this quote is never closed"),
    ("a: 'it's'", "s'", "the value has already ended here"),
    ('a: "x" y', "y", "the value has already ended here"),
    ("a: @b", "@b", "a value cannot begin with '@'"),
    ("a: `b`", "`b`", "a value cannot begin with '`'"),
    ("a: %b", "%b", "a value cannot begin with '%'"),
    ('a: "C:\\Users"', "\\U", "'\\U' means nothing between double quotes"),
    ('a: "\\q"', "\\q", "'\\q' means nothing between double quotes"),
    ("a: - b", "-", "a list cannot begin on the line of its key"),
    ("- a\nb: c", "b: c", "this stands in a list but is not a list item"),
    ("a: 1\n- b", "- b", "a list item stands where a key was expected"),
    ("a: [1,,2]", ",", "expected a value before ','"),
    ("a: ]", "]", "this ']' closes nothing"),
    ("a: *", "*", "a name must follow '*'"),
    ("a: | x\n  y", "x", "nothing may follow '|' or '>' on its line"),
    ("%YAML 3.0\n---\na: 1", "%YAML 3.0", "this line cannot be read"),
    ("b:\u00a0\n  c: d", "\u00a0", "a no-break space (U+00A0) stands where YAML needs a space"),
]


@pytest.mark.parametrize(("text", "marked", "message"), CASES)
@pytest.mark.parametrize("parser", ["libyaml", "pure"])
def test_broken_yaml_is_explained_at_its_cause(
    text: str, marked: str, message: str, parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if parser == "pure":
        monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    found = only(findings(text))
    assert (found.code, found.message, sliced(text, found.span)) == ("DRM007", message, marked)


@pytest.mark.parametrize("text", ["a:\n\tb: 1", "\ta: 1", "a:\n  \tb: 1\n", "a: |\n\tx", "a:\n  b: 1\n\tc: 2"])
def test_a_tab_in_the_indentation_has_its_own_code(text: str) -> None:
    found = only(findings(text))
    assert found.code == "DRM006"
    assert sliced(text, found.span) == "\t"


def test_the_corrected_line_is_shown_where_quotes_are_missing() -> None:
    assert only(findings("a: b: c")).help == 'write a: "b: c"'


def test_the_columns_that_would_fit_are_named() -> None:
    assert only(findings("a:\n  b:\n     c: 1\n   d: 2")).label == "expected column 1 or 3 or 6"


def test_a_star_that_was_meant_as_text_is_explained() -> None:
    found = only(findings("domains: [*.example.com]"))
    assert found.code in ("DRM007", "DRM009")
    assert "quote" in found.help


def test_a_misspelt_alias_gets_the_right_suggestion() -> None:
    assert only(findings("a: &defaults {x: 1}\nb: *default")).help == "did you mean '*defaults'?"


def test_half_a_character_is_refused_by_both_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a: "\\ud800"'
    first = only(findings(text))
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    assert only(findings(text)).message == first.message == "an escape in this text stands for half a character"
