"""`${NAME}` in values: what it becomes, what is said when it cannot, and that values are never shown."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.report import make_report
from dreamc.document.interpolate import interpolate
from dreamc.document.validate import validate
from tests.unit.document.sample import Sample, only, parsed, sliced

ENVIRONMENT = {"PORT": "8001", "HOST": "gpu01", "ON": "true", "EMPTY": "", "INF": ".inf", "TOKEN": "hunter2-secret"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${PORT}", 8001), ('"${PORT}"', "8001"), ("'${PORT}'", "8001"), ("${MISSING:-8002}", 8002),
        ("${EMPTY:-x}", "x"), ("${EMPTY}", ""), ("http://${HOST}:${PORT}/v1", "http://gpu01:8001/v1"),
        ("${ON}", True), ("80${PORT}", 808001), ("$$5", "$5"), ("$${PORT}", "${PORT}"), ("$PORT", "$PORT"),
        ("a$", "a$"), ("${MISSING:-}", ""), ("${INF}", ".inf"), ("env://PORT", "env://PORT"),
        ("${MISSING:-a b:c}", "a b:c"), ("|\n  x ${PORT}\n", "x 8001\n"), ("$$${HOST}", "$gpu01"),
    ],
)  # fmt: skip
def test_variables_become_values_of_their_yaml_type(text: str, value: object) -> None:
    document, found = interpolate(parsed(f"a: {text}"), ENVIRONMENT)
    assert found == ()
    assert document.value == {"a": value}


def test_lists_and_nested_mappings_are_filled_and_keys_are_not() -> None:
    document, found = interpolate(parsed("'${PORT}': [{x: '${HOST}'}]"), ENVIRONMENT)
    assert found == ()
    assert document.value == {"${PORT}": [{"x": "gpu01"}]}


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("a: http://${HOST}/${NOPE}", "DRM030", "${NOPE}"),
        ('a: "é ${NOPE} ${PORT}"', "DRM030", "${NOPE}"),
        ("a: >-\n  folded\n  ${NOPE}\n", "DRM030", "${NOPE}"),
        ("a: ${1X}", "DRM031", "${1X}"),
        ("a: ${PORT:?wanted}", "DRM031", "${PORT:?wanted}"),
        ("a: '${PORT'", "DRM031", "${PORT'"),
        ("a: ${A:-${B}}", "DRM031", "${A:-${B}"),
        ("a: '${}'", "DRM031", "${}"),
    ],
)
def test_the_caret_stands_under_the_variable_inside_the_value(text: str, code: str, marked: str) -> None:
    document, found = interpolate(parsed(text), ENVIRONMENT)
    assert (only(found).code, found[0].path) == (code, ("a",))
    assert sliced(text, found[0].span) == marked
    assert document.value == parsed(text).value


def test_a_misspelt_variable_gets_the_right_suggestion() -> None:
    assert "did you mean ${HOST}?" in only(interpolate(parsed("a: ${HOTS}"), ENVIRONMENT)[1]).help


def test_every_unset_variable_is_reported() -> None:
    assert len(interpolate(parsed("a: ${A1}\nb: ['${B1}', '${C1}']"), {})[1]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "models: {m: {source: x, port: '${TOKEN}'}}",
        "models: {m: {source: x, engine: '${TOKEN}'}}",
        "hardware: {h: {ram: '${TOKEN}'}}",
        "models: {m: {source: x, context: '${TOKEN}'}}",
        "key: '${TOKEN}'",
        "complexity: {a: '${TOKEN}'}",
        "chains: {a: '${TOKEN}'}",
    ],
)
def test_a_wrong_value_from_the_environment_is_never_shown(text: str) -> None:
    document, _ = interpolate(parsed("dream: 1\nname: x\n" + text), ENVIRONMENT)
    _, found = validate(Sample, document)
    assert found
    shown = repr(make_report(found, document))
    assert "hunter2" not in shown


def test_a_value_that_a_later_phase_repeats_is_taken_out_of_its_message() -> None:
    from dreamc.diagnostics.types import Diagnostic, Related

    document, _ = interpolate(parsed("a: ${TOKEN}\nb: ${PORT}"), ENVIRONMENT)
    related = Related(("b",), "uses '8001'")
    said = Diagnostic(
        "DRM115", ("a",), "no model 'hunter2-secret'", "hunter2-secret", "not hunter2-secret", related=(related,)
    )
    shown = make_report((said,), document).findings[0]
    assert "hunter2" not in repr(shown)
    assert shown.diagnostic.message == "no model ${TOKEN}"
    assert shown.marks[0].label == "uses ${PORT}"


def test_a_key_that_is_interpolated_is_answered_with_a_reference_and_not_with_a_default() -> None:
    _, findings = interpolate(parsed('providers: {openai: {key: "${NOPE}"}}'), ENVIRONMENT)
    assert [one.help for one in findings] == ["a secret is read on the host, not here: write env://NOPE"]
