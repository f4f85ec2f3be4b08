"""`dreamc cost report`: what was spent, on what, and when a cap is reached, out of usage logs."""

from __future__ import annotations

import re
import shlex
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click
from click.core import ParameterSource

from dreamc.cli.options import request, source
from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.cli.cost_report_values import Whole
    from dreamc.compiler import Request
    from dreamc.cost.report import Column
    from dreamc.cost.usage_log import Line, Skipped
    from dreamc.stack.types import Stack

BY = ("day", "month", "tier", "model", "action", "client", "provider", "status", "alias")
SUFFIXES = (".csv", ".json")
PIPE = Path("/dev/stdin")


@click.command("report")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--log", "more", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="As LOGS.")
@source
@click.option("--by", multiple=True, metavar="COLUMN", help=f"One or several of {', '.join(BY)}. Default: day.")
@click.option("--since", metavar="DATE", help="The first day (UTC), such as 2026-11-01.")
@click.option("--until", metavar="DATE", help="The last day (UTC).")
@click.option("--month", metavar="MONTH", help="One month, such as 2026-11.")
@click.option("--reprice", is_flag=True, help="Reckon with the file's prices, not with what was booked.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write .csv or .json."
)
def command(
    logs: tuple[Path, ...], more: tuple[Path, ...], file: Path, overlay: str | None, today: str | None,
    **asked: Any,
) -> None:  # fmt: skip
    """Add up usage LOGS, plain or .gz, with what was put aside beside them; - reads a pipe.

    Without LOGS, the usage log of dream.yaml where it lies on this machine. Caps, savings and --reprice need the file.
    """
    output: Path | None = asked["output"]
    _writable(output)
    columns, days = _columns(asked["by"]), _days(asked["since"], asked["until"], asked["month"])
    wanted = request(file, overlay, today)
    named = tuple(PIPE if str(one) == "-" else one for one in (*logs, *more))
    stack = _stack(wanted, named=bool(named), reprice=asked["reprice"])
    files = _logs(named, stack)
    if output is not None and output.exists() and any(one.exists() and one.samefile(output) for one in files):
        raise DreamError(f"{output} is one of the logs", "nothing was written", "name another file with --output")
    found = _whole(files, columns, days, stack, wanted.today, reprice=asked["reprice"])
    _say(found, wanted.today.isoformat(), as_json=asked["as_json"], output=output)


def _say(found: Whole, today: str, *, as_json: bool, output: Path | None) -> None:
    from dreamc.cli.cost_report_text import notes, text
    from dreamc.cli.cost_report_values import as_csv, value

    if output is not None:
        written = as_csv(found.report) if output.suffix == ".csv" else _json(value(found))
        output.write_text(written, encoding="utf-8")
        click.echo(f"dreamc: wrote {output}", err=True)
    for note in notes(found, today):
        click.echo(f"dreamc: {note}", err=True)
    click.echo(_json(value(found)) if as_json else text(found), nl=False)


def _whole(
    files: tuple[Path, ...], columns: tuple[Column, ...], days: tuple[str | None, str | None], stack: Stack | None,
    today: date, *, reprice: bool,
) -> Whole:  # fmt: skip
    from dreamc.backends.rehearsal import decider
    from dreamc.cli.cost_report_values import Whole
    from dreamc.cost.forecast import caps, forecast
    from dreamc.cost.report import report
    from dreamc.cost.savings import at_prices_of, savings
    from dreamc.cost.simulate import reference
    from dreamc.cost.usage_log import Skipped, lines

    skipped = Skipped()
    costs: Callable[[Line], int] | None = at_prices_of(stack) if stack is not None and reprice else None
    found = report(lines(files, skipped), columns, *days, costs)
    if not found.inside:
        raise _nothing(files, found.first and f"{found.first} to {found.last}", days, skipped)
    ahead = forecast(found.spent, found.first, found.last, today, caps(stack) if stack is not None else ())
    saved = savings(found.total, reference(decider(stack)) if stack is not None else None)
    return Whole(tuple(_shown(one) for one in files), found, skipped, saved, ahead, costs is not None)


def _nothing(files: Iterable[Path], held: str, days: tuple[str | None, str | None], skipped: Skipped) -> DreamError:
    """Why there is nothing to report."""
    names = ", ".join(_shown(one) for one in files)
    if held:
        since, until = days
        span = " ".join(part for part in (since and f"since {since}", until and f"until {until}") if part)
        return DreamError(f"{names}: no line {span}", f"the log goes from {held}", "ask for other days")
    if skipped.shapes:
        kinds = ", ".join(sorted(skipped.shapes))
        remedy = "name the gateway's usage log (usage.log of dream.yaml)"
        return DreamError(f"{names}: no usage log of the gateway, but {kinds}", "", remedy)
    if skipped.cut or skipped.torn:
        return DreamError(f"{names}: no line can be read as JSON", "", "name the gateway's usage log, plain or .gz")
    return DreamError(f"{names}: empty", "", "ask the gateway something, or name an older log")


def _shown(file: Path) -> str:
    return "standard input" if file == PIPE else str(file)


def _logs(named: tuple[Path, ...], stack: Stack | None) -> tuple[Path, ...]:
    from dreamc.cost.usage_log import logs_of

    chosen = named or ((_own(stack),) if stack is not None else ())
    return tuple(dict.fromkeys(file for one in chosen for file in logs_of(one)))


def _own(stack: Stack) -> Path:
    """The log of the file. Raises DreamError where it is not on this machine."""
    from dreamc.workloads.paths import data

    if stack.usage_log is None:
        raise DreamError("the file keeps no usage log", "", "add usage: {log: usage.jsonl}, or name a log")
    path = Path(data(stack, "litellm", stack.usage_log))
    try:
        path.open("rb").close()
    except OSError as error:
        raise _elsewhere(stack, path, error) from error
    return path


def _elsewhere(stack: Stack, path: Path, error: OSError) -> DreamError:
    host = stack.gateway.hosts[0] if stack.gateway.hosts else "HOST"
    others = f", and of {len(stack.gateway.hosts) - 1} more gateways" if len(stack.gateway.hosts) > 1 else ""
    all_of_it = shlex.quote(f"{host}:{path.parent}/{path.stem}*{path.suffix}*")
    remedy = f"fetch it from {host}{others}: scp {all_of_it} .   then name it: dreamc cost report {path.name}"
    if isinstance(error, FileNotFoundError):
        return DreamError(f"{path} is not on this machine", "", remedy)
    why = (error.strerror or type(error).__name__).lower()
    return DreamError(f"{path} cannot be read: {why}", "", "run it as a user who may, or name a copy")


def _stack(wanted: Request, *, named: bool, reprice: bool) -> Stack | None:
    """The resolved file; None where logs are named and there is no file, or one with errors, which is said."""
    from dreamc.cli.findings import whole
    from dreamc.compiler import resolve

    ctx = click.get_current_context()
    if not named:
        return whole(ctx, wanted, "without a sound file, name the usage logs themselves").stack
    if reprice or ctx.get_parameter_source("file") is not ParameterSource.DEFAULT:
        return whole(ctx, wanted, "caps, savings and prices come from the file").stack
    if not wanted.file.exists():
        return None
    found = resolve(wanted)
    if found.failed or found.stack is None:
        click.echo(f"dreamc: {wanted.file} has errors: caps and savings are left out; see dreamc check", err=True)
        return None
    return found.stack


def _columns(given: tuple[str, ...]) -> tuple[Column, ...]:
    from dreamc.cost.report import Column
    from dreamc.knowledge.nearest import nearest

    names = tuple(dict.fromkeys(part.strip() for one in given for part in one.split(","))) or ("day",)
    for name in names:
        if name not in get_args(Column):
            close = nearest(name, list(BY), 1)
            hint = f"Did you mean '{close[0]}'?" if close else f"There are {', '.join(BY)}."
            raise click.BadParameter(f"there is no column '{name}'. {hint}", param_hint="--by")
    return tuple(cast("Column", name) for name in names)


def _days(since: str | None, until: str | None, month: str | None) -> tuple[str | None, str | None]:
    """The first and the last day, as ISO days."""
    if month is not None:
        if since or until:
            raise click.UsageError("--month says both days: leave out --since and --until")
        return _month(month)
    first, last = _day(since, "--since"), _day(until, "--until")
    if first and last and last < first:
        raise click.UsageError(f"--until {last} is before --since {first}")
    return first, last


def _month(text: str) -> tuple[str, str]:
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII) is None or text < "0001":
        raise click.BadParameter(f"'{text}' is not a month such as 2026-11", param_hint="--month")
    return f"{text}-01", f"{text}-{monthrange(int(text[:4]), int(text[5:]))[1]}"


def _day(text: str | None, option: str) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a day such as 2026-11-20", param_hint=option) from None


def _writable(output: Path | None) -> None:
    if output is not None and output.suffix not in SUFFIXES:
        raise click.BadParameter(f"'{output}' ends neither in .csv nor in .json", param_hint="--output")
    if output is not None and not output.parent.is_dir():
        raise click.BadParameter(f"there is no directory {output.parent}", param_hint="--output")


def _json(value: object) -> str:
    from msgspec import json

    return json.format(json.Encoder(decimal_format="number").encode(value), indent=2).decode() + "\n"
