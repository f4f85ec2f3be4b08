"""What the codes mean: severity, title and explanation of each, from codes.yaml beside this file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Severity

FILE = Path(__file__).with_name("codes.yaml")


class Code(Struct, frozen=True):
    """One row of codes.yaml."""

    code: str
    severity: Severity
    title: str
    explain: str


@cache
def code(name: str) -> Code | None:
    """The row of one code; only that row is parsed."""
    import yaml

    text = _rows().get(name)
    if text is None:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    (row,) = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader
    return Code(row["code"], row["severity"], row["title"], row["explain"].strip())


def codes() -> dict[str, Code]:
    """All codes in their order."""
    return {name: known for name in _rows() if (known := code(name))}


@cache
def _rows() -> dict[str, str]:
    """The text of every row by its code: a row begins with `- code:` at the start of a line."""
    _, *rows = f"\n{FILE.read_text(encoding='utf-8')}".split("\n- code: ")
    return {row.split("\n", 1)[0]: f"- code: {row}" for row in rows}


def severity(name: str) -> Severity:
    """'error', 'warning' or 'note'; 'error' for a code that has no row, which a test forbids."""
    known = code(name)
    return known.severity if known else "error"


def has_error(findings: Iterable[Diagnostic]) -> bool:
    """Whether one of them stands in the way of everything that follows."""
    return any(severity(finding.code) == "error" for finding in findings)


def title(name: str) -> str:
    """What is wrong in a few words; the code itself where it has no row."""
    known = code(name)
    return known.title if known else name


def explain(name: str) -> str | None:
    """2 to 6 sentences for `dreamc explain CODE`; None for an unknown code."""
    known = code(name)
    return known.explain if known else None
