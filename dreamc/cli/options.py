"""Options that several verbs share, and the request they add up to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from dreamc.compiler import Request

F = TypeVar("F", bound=Callable[..., Any])
Format = Literal["text", "json", "github", "sarif", "junit", "markdown"]
FORMATS: tuple[Format, ...] = ("text", "json", "github", "sarif", "junit", "markdown")


def source(function: F) -> F:
    """`--file`, `--env`, `--today`."""
    function = click.option(
        "--today",
        metavar="DATE",
        default=None,
        envvar="DREAMC_TODAY",
        help="Day to compare end-of-life dates with. Default: today (UTC).",
    )(function)
    function = click.option(
        "--env",
        "overlay",
        metavar="NAME",
        default=None,
        envvar="DREAMC_ENV",
        help="Put dream.NAME.yaml on top of the file.",
    )(function)
    return click.option(
        "-f",
        "--file",
        "file",
        type=click.Path(path_type=Path),
        default=Path("dream.yaml"),
        show_default=True,
        envvar="DREAMC_FILE",
        help="The dream.yaml.",
    )(function)


def output(function: F) -> F:
    """`--format`, `--json`, `--no-color`, `--strict`."""
    function = click.option("--strict", is_flag=True, envvar="DREAMC_STRICT", help="Warnings count as errors.")(
        function
    )
    function = click.option(
        "--no-color", "plain", is_flag=True, envvar="DREAMC_NO_COLOR", help="No colours; so does NO_COLOR."
    )(function)
    function = click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", help="Short for --format json.")(
        function
    )
    return click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        envvar="DREAMC_FORMAT",
        help="How findings are shown.",
    )(function)


def request(file: Path, overlay: str | None, today: str | None) -> Request:
    """What to compile, with the world as it is here and now."""
    return Request(file, overlay, dict(os.environ), _day(today))


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a day such as 2026-11-20", param_hint="--today") from None


def coloured(plain: bool) -> bool:
    """Whether standard output is a terminal that wants colours."""
    return not plain and "NO_COLOR" not in os.environ and sys.stdout.isatty()
