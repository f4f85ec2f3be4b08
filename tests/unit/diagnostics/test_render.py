"""Every format by its name."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.render import FORMATS, Format, render
from tests.unit.diagnostics.rendering import EMPTY, everything


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_has_a_renderer_that_ends_its_last_line(format_: Format) -> None:
    assert render(everything(), format_).endswith("\n")
    assert render(EMPTY, format_) == "" or render(EMPTY, format_).endswith("\n")


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_report_gives_the_same_bytes(format_: Format) -> None:
    assert render(everything(), format_) == render(everything(), format_)


def test_colour_is_for_text_alone() -> None:
    assert "\x1b" in render(everything(), "text", colour=True)
    assert "\x1b" not in render(everything(), "json", colour=True)
