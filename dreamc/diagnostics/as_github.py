"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Source

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(report: Report) -> str:
    """One line for each finding; nothing where there are none."""
    return "".join(_command(finding, report.sources) + "\n" for finding in report.findings)


def _command(finding: Finding, sources: tuple[Source, ...]) -> str:
    diagnostic, span = finding.diagnostic, finding.span
    properties = {"title": f"{diagnostic.code} {finding.title}"}
    if span is not None:
        place = {"file": sources[span.source].name, "line": str(span.start_line)}
        if span.end_line == span.start_line:
            # GitHub refuses columns for a stretch of several lines, and its end column is inclusive.
            last = max(span.start_column, span.end_column - 1)
            place |= {"col": str(span.start_column), "endColumn": str(last)}
        else:
            place["endLine"] = str(span.end_line)
        properties = place | properties
    parts = [diagnostic.message]
    if diagnostic.label and diagnostic.label not in diagnostic.message:
        parts.append(diagnostic.label)
    if diagnostic.help:
        parts.append(f"help: {diagnostic.help}")
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(chr(10).join(parts))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
