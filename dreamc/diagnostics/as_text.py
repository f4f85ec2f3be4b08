"""Findings for people: the line, a caret under the cause, what was expected, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from dreamc.diagnostics.blot import secret_ranges
from dreamc.diagnostics.report import Finding, Report
from dreamc.diagnostics.types import Severity, Span
from dreamc.diagnostics.width import Cell, cells, clean

_WIDEST = 120
_AROUND = 40
_LONGEST = 1000
_BREAK = re.compile(r"\r\n|\n|\r")
_COLOURS = {"error": "1;31", "warning": "1;33", "note": "1;36", "frame": "1;34", "bold": "1"}
_SEVERITIES: tuple[tuple[Severity, str], ...] = (("error", "errors"), ("warning", "warnings"), ("note", "notes"))


class Paint(NamedTuple):
    """Colours where they were asked for."""

    on: bool

    def __call__(self, kind: str, text: str) -> str:
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self.on and text else text


class Row(NamedTuple):
    """One mark on one line; `sign` draws it."""

    span: Span
    label: str
    sign: str
    colour: str


class Part(NamedTuple):
    """The cells of a line that are shown; `first` is how many stand before them."""

    cells: list[Cell]
    first: int
    more: bool

    @property
    def text(self) -> str:
        """With a mark on each side where something is left out."""
        return ("…" if self.first else "") + "".join(cell.text for cell in self.cells) + ("…" if self.more else "")


def as_text(report: Report, colour: bool = False) -> str:
    """Every finding with its source lines, then how many there were; nothing where there are none."""
    if not report.findings:
        return ""
    paint = Paint(colour)
    lines = tuple(_BREAK.split(source.text) for source in report.sources)
    blocks = ["\n".join(_block(finding, report, lines, paint)) + "\n" for finding in report.findings]
    return "\n".join((*blocks, summary(report) + "\n"))


def summary(report: Report) -> str:
    """'2 errors, 1 warning'; and how many findings comments ignore."""
    counted = ((report.count(kind), kind if report.count(kind) == 1 else plural) for kind, plural in _SEVERITIES)
    parts = [f"{count} {word}" for count, word in counted if count]
    if report.ignored:
        parts.append(f"{len(report.ignored)} ignored")
    return ", ".join(parts) or "nothing found"


def _block(finding: Finding, report: Report, lines: tuple[list[str], ...], paint: Paint) -> Iterator[str]:
    diagnostic = finding.diagnostic
    yield paint(finding.severity, f"{finding.severity}[{diagnostic.code}]") + paint(
        "bold", f": {clean(diagnostic.message)}"
    )
    label = "" if diagnostic.label in diagnostic.message else clean(diagnostic.label)
    rows = [Row(finding.span, label, "^", finding.severity)] if finding.span else []
    rows += [Row(mark.span, clean(mark.label), "-", "frame") for mark in finding.marks]
    gutter = max((len(str(row.span.start_line)) for row in rows), default=1)
    first = finding.span.source if finding.span else -1
    for source, group in groupby(sorted(rows, key=lambda row: (row.span.source != first, row.span.source)), _source):
        yield from _excerpt(list(group), report, lines[source], gutter, paint, "-->" if source == first else ":::")
    if diagnostic.help:
        yield " " * gutter + paint("frame", " = ") + f"help: {clean(diagnostic.help)}"


def _source(row: Row) -> int:
    return row.span.source


def _excerpt(rows: list[Row], report: Report, lines: list[str], gutter: int, paint: Paint, arrow: str) -> Iterator[str]:
    head = next((row for row in rows if row.sign == "^"), rows[0]).span
    name = report.sources[head.source].name
    yield " " * gutter + paint("frame", arrow) + f" {clean(name)}:{head.start_line}:{head.start_column}"
    if not any(lines):
        return
    bar = paint("frame", "|")
    yield f"{' ' * gutter} {bar}"
    before: int | None = None
    for number, group in groupby(sorted(rows, key=_start), lambda row: row.span.start_line):
        marks = list(group)
        if before is not None and number > before + 1:
            yield paint("frame", "...")
        before = number
        line = lines[number - 1] if number <= len(lines) else ""
        part = _part(line, marks, _masked(report.secrets, marks[0].span.source, number, line))
        yield f"{paint('frame', str(number).rjust(gutter))} {bar} {part.text}".rstrip()
        for row in marks:
            yield f"{' ' * gutter} {bar} {_underline(row, part, paint)}".rstrip()


def _start(row: Row) -> tuple[int, int]:
    return row.span.start_line, row.span.start_column


def _part(line: str, marks: list[Row], masked: tuple[tuple[int, int], ...]) -> Part:
    """A very long line is cut before anything is measured: that alone would take seconds."""
    start = marks[0].span.start_column - 1
    begin = max(0, min(start, len(line)) - _LONGEST // 2) if len(line) > _LONGEST else 0
    kept = line[begin : begin + _LONGEST]
    shown = cells(kept, tuple((low - begin, high - begin) for low, high in masked))
    first, last = _window(shown, min(start - begin, len(shown)))
    return Part(shown[first:last], begin + first, begin + last < len(line))


def _underline(row: Row, part: Part, paint: Paint) -> str:
    start = max(0, row.span.start_column - 1 - part.first)
    end = row.span.end_column - 1 - part.first if row.span.end_line == row.span.start_line else len(part.cells)
    indent = sum(cell.width for cell in part.cells[:start]) + (1 if part.first else 0)
    length = max(1, sum(cell.width for cell in part.cells[start : max(0, end)]))
    return " " * indent + paint(row.colour, row.sign * length + (f" {row.label}" if row.label else ""))


def _window(shown: list[Cell], start: int) -> tuple[int, int]:
    """Which cells of a long line are shown: those around `start`, its first mark."""
    if sum(cell.width for cell in shown) <= _WIDEST:
        return 0, len(shown)
    first = max(0, start - _AROUND)
    total, last = 0, first
    while last < len(shown) and total + shown[last].width <= _WIDEST:
        total += shown[last].width
        last += 1
    return (0 if first < 2 else first), last


def _masked(secrets: tuple[Span, ...], source: int, number: int, line: str) -> tuple[tuple[int, int], ...]:
    told = (
        (
            span.start_column - 1 if span.start_line == number else 0,
            span.end_column - 1 if span.end_line == number else len(line),
        )
        for span in secrets
        if span.source == source and span.start_line <= number <= span.end_line
    )
    return (*told, *secret_ranges(line))
