"""`dreamc mode`: in which mode hosts are, and the switch to another one."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.change import Course, Surveys, look, resolved, settle, tell_unreachable
from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.cli.there import there
from dreamc.errors import DreamError
from dreamc.provision.events import Tell
from dreamc.provision.fleet import Pace
from dreamc.provision.session import Session
from dreamc.provision.survey import Survey

STATUS = "status"


@click.command("mode")
@source
@reach
@click.argument("mode", required=False, default=STATUS, type=click.Choice([STATUS, "cloud", "local", "hybrid"]))
@click.option("-y", "--yes", is_flag=True, envvar="DREAMC_YES", show_envvar=True, help="Do not ask.")
@click.option("--why", default="", envvar="DREAMC_WHY", show_envvar=True, help="For the journal of the hosts.")
@click.option("--lock-timeout", type=click.IntRange(0), default=0, help="Seconds to wait for another's lock.")
@click.option("--steal-lock", "steal", is_flag=True, help="Take the lock from whoever holds it.")
@click.option("--json", "as_json", is_flag=True, help="Outcomes as JSON on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No plan, no progress: outcomes only.")
@click.option("--no-color", "plain", is_flag=True, help="No colours; so does NO_COLOR.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    overlay: str | None,
    today: str | None,
    inventories: tuple[Path, ...],
    patterns: tuple[str, ...],
    parallel: int,
    ask_pass: bool,
    ask_become_pass: bool,
    close: bool,
    mode: str,
    yes: bool,
    why: str,
    lock_timeout: int,
    steal: bool,
    as_json: bool,
    quiet: bool,
    plain: bool,
) -> None:
    """Show the mode of hosts, or switch them: cloud, local or hybrid. The release stays, and so does all data."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    colour = coloured(plain, err=True)
    course = Course("mode", why, yes, quiet, colour, False, as_json, lock_timeout, steal, Pace(parallel))
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        secrets = resolved((), here)
        wanted = "" if mode == STATUS else mode
        found = look(here, there(here, "", wanted, steal or bool(lock_timeout)), secrets, parallel)
        code = show(found, as_json) if mode == STATUS else settle(here, found, secrets, course, refuse_missing)
    ctx.exit(code)


def show(found: Surveys, as_json: bool) -> int:
    """One line per host."""
    tell_unreachable(found)
    modes = {name: one.facts.mode for name, one in found.hosts.items()}
    if as_json:
        from msgspec import json

        click.echo(json.encode(modes).decode())
    else:
        for name, mode in modes.items():
            click.echo(f"{name}: {mode or 'no mode recorded'}")
    return 1 if found.unreachable else 0


def refuse_missing(_session: Session, one: Survey, _tell: Tell) -> None:
    """A switch takes seconds because everything is there; what is not is brought by an apply."""
    lacking = [each.name for each in one.plan.downloads]
    if lacking:
        mode, host = one.plan.target.mode, one.plan.host
        raise DreamError(
            f"{mode} mode cannot start on {host}: not there are {', '.join(lacking)}",
            "nothing was changed",
            f"dreamc apply --mode {mode} --host {host} brings them first",
        )
