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
def codes() -> dict[str, Code]:
    """All codes in their order. Read once, and only when a finding has to be shown."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    return {row["code"]: Code(row["code"], row["severity"], row["title"], row["explain"].strip()) for row in rows}


def severity(code: str) -> Severity:
    """'error', 'warning' or 'note'; 'error' for a code that has no row, which a test forbids."""
    known = codes().get(code)
    return known.severity if known else "error"


def has_error(findings: Iterable[Diagnostic]) -> bool:
    """Whether one of them stands in the way of everything that follows."""
    return any(severity(finding.code) == "error" for finding in findings)


def title(code: str) -> str:
    """What is wrong in a few words; the code itself where it has no row."""
    known = codes().get(code)
    return known.title if known else code


def explain(code: str) -> str | None:
    """2 to 6 sentences for `dreamc explain CODE`; None for an unknown code."""
    known = codes().get(code)
    return known.explain if known else None
