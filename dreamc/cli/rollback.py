"""`dreamc rollback`: an earlier release, which is on the host still, with the same proof as an apply."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.change import Course, look, resolved, settle
from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.cli.supplying import supplier
from dreamc.cli.there import there
from dreamc.provision.fleet import Pace
from dreamc.provision.survey import PREVIOUS


@click.command("rollback")
@source
@reach
@click.argument("release", required=False, default=PREVIOUS)
@click.option("--mode", type=click.Choice(["cloud", "local", "hybrid"]), envvar="DREAMC_MODE", help="Into this mode.")
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
    release: str,
    mode: str | None,
    yes: bool,
    why: str,
    lock_timeout: int,
    steal: bool,
    as_json: bool,
    quiet: bool,
    plain: bool,
) -> None:
    """Go back to RELEASE, or to the one before the current one. Nothing is uploaded; data stays as it is."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    colour = coloured(plain, err=True)
    course = Course("rollback", why, yes, quiet, colour, False, as_json, lock_timeout, steal, Pace(parallel))
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        secrets = resolved((), here)
        found = look(here, there(here, release, mode or "", steal or bool(lock_timeout)), secrets, parallel)
        code = settle(here, found, secrets, course, supplier(here, offline=True))
    ctx.exit(code)
