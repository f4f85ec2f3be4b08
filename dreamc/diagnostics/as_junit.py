"""Findings as JUnit XML, which most CI systems show as test results."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Source

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """One test case a finding: errors fail, warnings and notes pass with output, ignored ones are skipped."""
    cases = [_case(finding, report.sources) for finding in (*report.findings, *report.ignored)]
    if not cases:
        cases = ['    <testcase classname="dreamc" name="check"/>']
    counts = f'tests="{len(cases)}" failures="{report.count("error")}" errors="0" skipped="{len(report.ignored)}"'
    lines = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="dreamc" {counts}>',
        f'  <testsuite name="dreamc" {counts}>',
        *cases,
        "  </testsuite>",
        "</testsuites>",
    )
    return "\n".join(lines) + "\n"


def _case(finding: Finding, sources: tuple[Source, ...]) -> str:
    diagnostic, span = finding.diagnostic, finding.span
    where = f"{sources[span.source].name}:{span.start_line}:{span.start_column}" if span else "dreamc"
    name = f"{diagnostic.code} {finding.title} at {where}"
    open_tag = f"    <testcase classname={_attribute(where.partition(':')[0])} name={_attribute(name)}>"
    details = [f"{where}: {diagnostic.message}"]
    if diagnostic.label and diagnostic.label not in diagnostic.message:
        details.append(diagnostic.label)
    if diagnostic.help:
        details.append(f"help: {diagnostic.help}")
    return "\n".join((open_tag, "      " + _outcome(finding, "\n".join(details)), "    </testcase>"))


def _outcome(finding: Finding, details: str) -> str:
    if finding.reason is not None:
        return f"<skipped message={_attribute('ignored: ' + finding.reason)}/>"
    if finding.severity == "error":
        message = _attribute(finding.diagnostic.message)
        return f"<failure type={_attribute(finding.diagnostic.code)} message={message}>{_text(details)}</failure>"
    return f"<system-out>{_text(finding.severity + ': ' + details)}</system-out>"


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", text))
