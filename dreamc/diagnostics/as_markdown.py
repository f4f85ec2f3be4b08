"""Findings as a Markdown table, for a comment on a pull request."""

from __future__ import annotations

import re

from dreamc.diagnostics.as_text import summary
from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Source
from dreamc.diagnostics.width import clean

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~@$&!])")


def as_markdown(report: Report) -> str:
    """A summary line and a row for each finding."""
    if not report.findings:
        return f"**dreamc**: {summary(report)}\n"
    rows = [_row(finding, report.sources) for finding in report.findings]
    head = ("| | Place | Finding | Remedy |", "|---|---|---|---|")
    return "\n".join((f"**dreamc**: {summary(report)}", "", *head, *rows)) + "\n"


def _row(finding: Finding, sources: tuple[Source, ...]) -> str:
    diagnostic, span = finding.diagnostic, finding.span
    where = f"{_code(sources[span.source].name)}:{span.start_line}:{span.start_column}" if span else ""
    said = _plain(diagnostic.message)
    if diagnostic.label and diagnostic.label not in diagnostic.message:
        said += f" ({_plain(diagnostic.label)})"
    return f"| {finding.severity} {diagnostic.code} | {where} | {said} | {_plain(diagnostic.help)} |"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", clean(text))


def _code(text: str) -> str:
    # A code span cannot hold an escaped backtick, and a pipe ends the cell even there.
    return f"`{clean(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`"
