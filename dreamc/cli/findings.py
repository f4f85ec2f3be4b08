"""Findings on standard output, in the format asked for, and what they mean for the exit code."""

from __future__ import annotations

from typing import NamedTuple

import click

from dreamc.cli.options import Format, coloured
from dreamc.compiler import Request, Result, resolve
from dreamc.diagnostics.render import render
from dreamc.diagnostics.report import Report, make_report
from dreamc.document.types import Document
from dreamc.spec import Dream
from dreamc.stack.types import Stack


class Whole(NamedTuple):
    """A file without errors."""

    document: Document
    dream: Dream
    stack: Stack


def told(result: Result, format_: Format, colour: bool, err: bool = False) -> Report:
    """Print all findings. What machines read is UTF-8, whatever the terminal speaks."""
    found = make_report(result.findings, result.document, result.sources)
    text = render(found, format_, colour)
    if text:
        click.echo(text if format_ == "text" else text.encode("utf-8", "replace"), err=err, nl=False)
    return found


def whole(ctx: click.Context, wanted: Request, otherwise: str) -> Whole:
    """The file resolved, for verbs that go on from there; with errors in it they are shown, and `otherwise` is said."""
    result = resolve(wanted)
    if result.dream is None or result.document is None or result.stack is None or result.failed:
        told(result, "text", coloured(False, err=True), err=True)
        click.echo(f"dreamc: {otherwise}", err=True)
        ctx.exit(1)
    return Whole(result.document, result.dream, result.stack)


def exit_code(found: Report, strict: bool) -> int:
    """1 where something has to be mended, else 0."""
    return 1 if found.has_errors or (strict and found.count("warning")) else 0
