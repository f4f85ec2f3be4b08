"""Findings on standard output, in the format asked for, and what they mean for the exit code."""

from __future__ import annotations

import click

from dreamc.cli.options import Format
from dreamc.compiler import Result
from dreamc.diagnostics.render import render
from dreamc.diagnostics.report import Report, make_report


def told(result: Result, format_: Format, colour: bool, err: bool = False) -> Report:
    """Print all findings. What machines read is UTF-8, whatever the terminal speaks."""
    found = make_report(result.findings, result.document, result.sources)
    text = render(found, format_, colour)
    if text:
        click.echo(text if format_ == "text" else text.encode("utf-8", "replace"), err=err, nl=False)
    return found


def exit_code(found: Report, strict: bool) -> int:
    """1 where something has to be mended, else 0."""
    return 1 if found.has_errors or (strict and found.count("warning")) else 0
