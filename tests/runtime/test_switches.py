"""What the operator of a host may switch by variables."""

from __future__ import annotations

import pytest

from dreamc.runtime.reading import PolicyError
from dreamc.runtime.switches import ENABLED, TIMEOUT, Switches, switches


def test_without_variables_everything_is_as_compiled() -> None:
    assert switches({}) == switches({ENABLED: "", TIMEOUT: " "}) == Switches(fallbacks=True, timeout_s=None)


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("On", True), ("false", False), ("no", False)])
def test_fallbacks_are_switched_by_the_usual_words(text: str, *, on: bool) -> None:
    assert switches({ENABLED: text}).fallbacks is on


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("30s", 30), ("500ms", 0.5), ("2m", 120), ("1.5", 1.5), ("1h", 3600)]
)
def test_a_timeout_is_given_in_seconds_or_with_its_unit(text: str, seconds: float) -> None:
    assert switches({TIMEOUT: text}).timeout_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "text"),
    [(ENABLED, "maybe"), (ENABLED, "${X}"), *((TIMEOUT, text) for text in ("0", "-1", "soon", "nan", "9" * 30))],
)
def test_what_is_neither_stops_the_gateway_and_names_the_variable(name: str, text: str) -> None:
    with pytest.raises(PolicyError, match=name):
        switches({name: text})
