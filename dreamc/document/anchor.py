"""Findings about a second file: they carry their spans, because a report only knows the places of the first."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from dreamc.diagnostics.locate import Locator
from dreamc.diagnostics.types import Diagnostic
from dreamc.document.types import Document


def anchored(findings: Iterable[Diagnostic], document: Document) -> tuple[Diagnostic, ...]:
    """The same findings, whose paths are those of `document`, each with the span of its path there."""
    locator = Locator(document.places)
    return tuple(
        one if one.span else replace(one, path=(), span=locator.span(one.path, one.on_key)[0]) for one in findings
    )
