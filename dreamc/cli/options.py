"""Options that several verbs share, and the request they add up to."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from dreamc.compiler import Request

F = TypeVar("F", bound=Callable[..., Any])
Format = Literal["text", "json", "github", "sarif", "junit", "markdown"]
OVERLAY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
TAKEN = ("lock", "calibration")
"""dream.lock.yaml and dream.calibration.yaml lie beside the file, but not on top of it."""
FORMATS: tuple[Format, ...] = ("text", "json", "github", "sarif", "junit", "markdown")


def source(function: F) -> F:
    """`--file`, `--env`, `--today`."""
    function = click.option(
        "--today",
        metavar="DATE",
        default=None,
        envvar="DREAMC_TODAY",
        show_envvar=True,
        help="Day to compare end-of-life dates with. Default: today (UTC).",
    )(function)
    function = click.option(
        "--env",
        "overlay",
        metavar="NAME",
        default=None,
        envvar="DREAMC_ENV",
        show_envvar=True,
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
        show_envvar=True,
        help="The dream.yaml.",
    )(function)


def output(function: F) -> F:
    """`--format`, `--json`, `--no-color`, `--strict`, `--quiet`."""
    function = click.option(
        "-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="Print findings only, no summary."
    )(function)
    function = click.option(
        "--strict", is_flag=True, envvar="DREAMC_STRICT", show_envvar=True, help="Warnings count as errors."
    )(function)
    function = click.option(
        "--no-color",
        "plain",
        is_flag=True,
        envvar="DREAMC_NO_COLOR",
        show_envvar=True,
        help="No colours; so does NO_COLOR.",
    )(function)
    function = click.option(
        "--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Short for --format json."
    )(function)
    return click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        envvar="DREAMC_FORMAT",
        show_envvar=True,
        help="How findings are shown; other than text they are all that stands on standard output.",
    )(function)


def shown_as(ctx: click.Context, format_: Format, as_json: bool) -> Format:
    """The format asked for; what stands on the command line wins over the environment."""
    said = ParameterSource.COMMANDLINE
    explicit = ctx.get_parameter_source("format_") is said and ctx.get_parameter_source("as_json") is not said
    return "json" if as_json and not explicit else format_


def request(file: Path, overlay: str | None, today: str | None) -> Request:
    """What to compile, with the world as it is here and now."""
    from dreamc.compiler import Request

    return Request(file, overlay_name(overlay), dict(os.environ), day(today))


def overlay_name(name: str | None) -> str | None:
    """NAME of dream.NAME.yaml, if it can be one."""
    if name is not None and not OVERLAY.fullmatch(name):
        raise click.BadParameter(f"'{name}' is not a name such as prod, for dream.prod.yaml", param_hint="--env")
    if name in TAKEN:
        raise click.BadParameter(f"dream.{name}.yaml is no overlay: dreamc itself writes it", param_hint="--env")
    return name


def day(text: str | None) -> date:
    """Today in UTC, or the day that was named."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a day such as 2026-11-20", param_hint="--today") from None


def coloured(plain: bool, err: bool = False) -> bool:
    """Whether standard output, or with `err` standard error, is a terminal that wants colours."""
    stream: TextIO | None = sys.stderr if err else sys.stdout
    wanted = not plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream is not None and stream.isatty()
