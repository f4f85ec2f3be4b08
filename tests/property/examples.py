"""The five examples as texts, and what the property tests do with them: replace, resolve, report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path as FilePath

from msgspec.structs import replace

from dreamc.artifact.types import Bundle
from dreamc.compiler import Request, Result, emit, resolve
from dreamc.diagnostics.report import Finding, Report, make_report
from dreamc.diagnostics.types import Path, Place, Source, Span
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.stack.types import Stack

ROOT = FilePath(__file__).resolve().parents[2]
TODAY = date(2026, 11, 20)
TEXTS = {file.parent.name: file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("examples/*/dream.yaml"))}
FREE: tuple[Path, ...] = (
    ("hardware",), ("models",), ("providers",), ("providers", "*", "models"), ("fallbacks", "chains"),
    ("capabilities",), ("routing", "actions"), ("routing", "complexity"), ("whitelist", "allowed_for_cloud"),
    ("models", "*", "engine_args"),
)  # fmt: skip
"""Mappings whose keys are the user's own names. `*` stands for any key."""


def document(text: str) -> Document:
    """The text with its places; it must be readable."""
    found, problems = read(Source("dream.yaml", text))
    assert found is not None, problems
    return found


def resolved(text: str | bytes, folder: FilePath, environment: Mapping[str, str] | None = None) -> Result:
    """The text as `dreamc` sees it in `folder`."""
    file = folder / "dream.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return resolve(Request(file, None, environment or {}, TODAY))


def stack_of(text: str, folder: FilePath) -> Stack:
    """The Stack of a text that has one; its digest of the input is a constant, so that two texts can be compared."""
    result = resolved(text, folder)
    assert result.stack is not None, result.findings
    return replace(result.stack, input_sha256="0" * 64)


def report(result: Result) -> Report:
    """What a user sees of it."""
    return make_report(result.findings, result.document, result.sources)


def errors(result: Result) -> tuple[Finding, ...]:
    """The errors in the order in which they are shown."""
    return tuple(finding for finding in report(result).findings if finding.severity == "error")


def matches(pattern: Path, path: Path) -> bool:
    """Whether the path is one of the pattern's."""
    return len(pattern) == len(path) and all(want in ("*", have) for want, have in zip(pattern, path, strict=True))


def offset(text: str, line: int, column: int) -> int:
    """Index of a 1-based place in the text."""
    return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1


def replaced(text: str, span: Span, new: str) -> str:
    """The text with what stands at the span written anew."""
    start = offset(text, span.start_line, span.start_column)
    return text[:start] + new + text[offset(text, span.end_line, span.end_column) :]


def inside(span: Span | None, outer: Span | None) -> bool:
    """Whether a caret lies within a place."""
    if span is None or outer is None or span.source != outer.source:
        return False
    first, last = (span.start_line, span.start_column), (span.end_line, span.end_column)
    return (outer.start_line, outer.start_column) <= first and last <= (outer.end_line, outer.end_column)


def at_entry(span: Span | None, place: Place) -> bool:
    """Whether a caret lies on the value of an entry or on its key."""
    return inside(span, place.value) or inside(span, place.key)


def files(bundles: tuple[Bundle, ...]) -> dict[str, str]:
    """Text by path, host first."""
    return {f"{bundle.host}/{one.path}": one.text for bundle in bundles for one in bundle.artifacts}


def emitted(stack: Stack) -> dict[str, str]:
    """Every file of every host."""
    return files(emit(stack))
