"""Codes: the text of each, and the neighbours of one that does not exist."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.codes import Code, codes
from dreamc.explain.code import explain, is_code
from dreamc.explain.types import Unknown


@pytest.mark.parametrize("code", codes())
def test_every_code_has_a_text_in_any_case(code: str) -> None:
    found = explain(code.lower())
    assert isinstance(found, Code)
    assert found.explain


def test_an_unknown_code_gets_codes_near_it() -> None:
    found = explain("DRM3011")
    assert isinstance(found, Unknown)
    assert "DRM301" in found.near


@pytest.mark.parametrize(
    ("thing", "yes"), [("DRM301", True), ("drm3", True), ("desk/x.yml:a", False), ("route", False)]
)
def test_a_code_is_told_from_a_place(thing: str, yes: bool) -> None:
    assert is_code(thing) is yes
