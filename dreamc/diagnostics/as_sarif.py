"""Findings as SARIF 2.1.0, for code scanning dashboards.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections import Counter

from dreamc import __version__
from dreamc.diagnostics.codes import explain
from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Source, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HELP = "urn:dreamc:explain:"

Object = dict[str, object]


def as_sarif(report: Report) -> str:
    """One run; ignored findings are results with a suppression."""
    findings = (*report.findings, *report.ignored)
    rules = {finding.diagnostic.code: _rule(finding) for finding in sorted(findings, key=_code)}
    positions = {code: position for position, code in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = [_result(finding, report.sources, positions, seen) for finding in findings]
    driver: Object = {"name": "dreamc", "version": __version__, "semanticVersion": __version__}
    driver["rules"] = list(rules.values())
    run: Object = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _code(finding: Finding) -> str:
    return finding.diagnostic.code


def _rule(finding: Finding) -> Object:
    code = finding.diagnostic.code
    full = explain(code) or finding.title
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in finding.title.replace("-", " ").split() if word.isalnum()),
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": full},
        "help": {"text": full},
        "helpUri": _HELP + code,
        "defaultConfiguration": {"level": finding.severity},
    }


def _result(finding: Finding, sources: tuple[Source, ...], positions: dict[str, int], seen: Counter[str]) -> Object:
    diagnostic = finding.diagnostic
    result: Object = {
        "ruleId": diagnostic.code,
        "ruleIndex": positions[diagnostic.code],
        "level": finding.severity,
        "message": {"text": _message(finding)},
        "locations": _locations(finding.span, sources),
        "partialFingerprints": {"dreamc/v1": _fingerprint(finding, sources, seen)},
    }
    if finding.marks:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(mark.span, sources), "message": {"text": mark.label}}
            for number, mark in enumerate(finding.marks, 1)
        ]
    if finding.reason is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.reason}]
    return result


def _message(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    label = "" if diagnostic.label in diagnostic.message else diagnostic.label
    help = f"help: {diagnostic.help}" if diagnostic.help else ""
    return "\n".join(part for part in (diagnostic.message, label, help) if part)


def _locations(span: Span | None, sources: tuple[Source, ...]) -> list[Object]:
    """Dashboards drop a result without a location: what has no place is attached to the file as a whole."""
    if span is not None:
        return [{"physicalLocation": _physical(span, sources)}]
    named: list[Object] = [{"artifactLocation": {"uri": _uri(source.name)}} for source in sources if source.name]
    return [{"physicalLocation": where} for where in named[:1]]


def _physical(span: Span, sources: tuple[Source, ...]) -> Object:
    region: Object = {
        "startLine": span.start_line,
        "startColumn": span.start_column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": {"uri": _uri(sources[span.source].name)}, "region": region}


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name, errors="surrogateescape")


def _fingerprint(finding: Finding, sources: tuple[Source, ...], seen: Counter[str]) -> str:
    """The same finding has the same fingerprint when lines move: it is made of code, file and path, not of the line."""
    from hashlib import sha256

    diagnostic, span = finding.diagnostic, finding.span
    name = sources[span.source].name if span else ""
    what = json.dumps([diagnostic.code, name, list(diagnostic.path) or diagnostic.message])
    seen[what] += 1
    return sha256(f"{what}{seen[what]}".encode()).hexdigest()[:32]
