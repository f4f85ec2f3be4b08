"""A report in the format that was asked for. Each format is a module of its own, loaded when it is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import Literal, cast

from dreamc.diagnostics.report import Report

Format = Literal["text", "json", "github", "sarif", "junit", "markdown"]
FORMATS: tuple[Format, ...] = ("text", "json", "github", "sarif", "junit", "markdown")


def render(report: Report, format: Format, colour: bool = False) -> str:
    """The whole output, ending in a line break where there is any; `colour` concerns text only."""
    if format == "text":
        from dreamc.diagnostics.as_text import as_text

        return as_text(report, colour)
    module = import_module(f"dreamc.diagnostics.as_{format}")
    return cast(str, getattr(module, f"as_{format}")(report))
