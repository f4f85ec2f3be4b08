"""Findings for scripts: one JSON object whose `version` changes when its form does."""

from __future__ import annotations

import json

from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Source, Span

VERSION = 1


def as_json(report: Report) -> str:
    """`findings`, `ignored` and a `summary`. A path is a list, a place has 1-based lines and columns."""
    value = {
        "version": VERSION,
        "findings": [_finding(finding, report.sources) for finding in report.findings],
        "ignored": [
            {**_finding(finding, report.sources), "reason": finding.reason or ""} for finding in report.ignored
        ],
        "summary": {
            "errors": report.count("error"), "warnings": report.count("warning"),
            "notes": report.count("note"), "ignored": len(report.ignored),
        },
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding, sources: tuple[Source, ...]) -> dict[str, object]:
    diagnostic = finding.diagnostic
    return {
        "code": diagnostic.code,
        "severity": finding.severity,
        "title": finding.title,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "path": list(diagnostic.path),
        "place": place(finding.span, sources),
        "related": [{"label": mark.label, "place": place(mark.span, sources)} for mark in finding.marks],
    }


def place(span: Span | None, sources: tuple[Source, ...]) -> dict[str, object] | None:
    """The span with the name of its file."""
    if span is None:
        return None
    return {
        "file": sources[span.source].name,
        "line": span.start_line,
        "column": span.start_column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
