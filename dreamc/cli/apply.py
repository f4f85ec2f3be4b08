"""`dreamc apply`: the plan, the question, and then exactly that; proven on every host, or put back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.loading import load
from dreamc.cli.options import coloured, source
from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.provision.plan.types import Plan


@click.command("apply")
@source
@reach
@click.argument("saved_plan", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--mode", type=click.Choice(["cloud", "local", "hybrid"]), envvar="DREAMC_MODE", help="Into this mode.")
@click.option("-y", "--yes", is_flag=True, envvar="DREAMC_YES", show_envvar=True, help="Do not ask.")
@click.option("--why", default="", envvar="DREAMC_WHY", show_envvar=True, help="For the journal of the hosts.")
@click.option("--canary", type=click.IntRange(0), default=0, help="So many hosts first, alone.")
@click.option("--batch", type=click.IntRange(0), default=0, help="At most so many hosts in one wave; 0: all.")
@click.option("--lock-timeout", type=click.IntRange(0), default=0, help="Seconds to wait for another's lock.")
@click.option("--steal-lock", "steal", is_flag=True, help="Take the lock from whoever holds it.")
@click.option("--allow-data-loss", "allow", is_flag=True, help="Also where a service would not see its data any more.")
@click.option(
    "--via",
    type=click.Choice(["auto", "neighbour", "push", "host"]),
    default="auto",
    show_default=True,
    envvar="DREAMC_VIA",
    help="How model files come to a host: from another host, pushed from here, fetched by itself.",
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Images and models from this archive of `dreamc bundle save` alone.",
)
@click.option("--offline", is_flag=True, envvar="DREAMC_OFFLINE", help="Nothing is downloaded, neither here nor there.")
@click.option("--diff/--no-diff", "diffs", default=False, show_default=True, help="Show what changes in the files.")
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
    saved_plan: Path | None,
    mode: str | None,
    yes: bool,
    why: str,
    canary: int,
    batch: int,
    lock_timeout: int,
    steal: bool,
    allow: bool,
    via: str,
    archive: Path | None,
    offline: bool,
    diffs: bool,
    as_json: bool,
    quiet: bool,
    plain: bool,
) -> None:
    """Bring hosts to what dream.yaml says: upload, start, prove with a completion of every alias, or go back."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    given = read(saved_plan)
    colour = coloured(plain, err=True)
    with scene(ctx, file, overlay, today, _narrowed(ways, given)) as here:
        load("dreamc.cli.change")  # the handshakes go on meanwhile
        from dreamc.cli.change import Course, known_secrets, look, planned, settle, wished
        from dreamc.cli.supplying import supplier
        from dreamc.provision.fleet import Pace

        pace = Pace(parallel, canary, batch)
        yes = yes or given is not None
        course = Course("apply", why, yes, quiet, colour, diffs, as_json, lock_timeout, steal, pace)
        secrets = known_secrets(here)
        wish = wished(here, mode or _mode_of(given), steal or bool(lock_timeout), allow)
        found = look(here, wish, secrets, parallel)
        refuse_stale(given, planned(here, found), saved_plan)
        code = settle(here, found, secrets, course, supplier(here, via, offline, archive))
    ctx.exit(code)


def read(path: Path | None) -> Plan | None:
    """A saved plan."""
    if path is None:
        return None
    from dreamc.provision.show import read_saved

    return read_saved(path.read_bytes(), str(path))


def refuse_stale(given: Plan | None, now: Plan, path: Path | None) -> None:
    """A saved plan is carried out as it was read, or not at all."""
    if given is None:
        return
    from dreamc.provision.plan.state import stale

    reasons = stale(given, now)
    if reasons:
        what = f"{path} does not hold any more: {reasons[0]}"
        more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
        raise DreamError(what + more, "nothing was changed", "make the plan anew: dreamc plan -o plan.json")


def _narrowed(ways: Ways, given: Plan | None) -> Ways:
    """A saved plan speaks of its own hosts only."""
    if given is None or ways.patterns:
        return ways
    hosts = tuple(one.host for one in given.hosts)
    return Ways(ways.inventories, hosts, ways.parallel, ways.ask_pass, ways.ask_become_pass, ways.close)


def _mode_of(given: Plan | None) -> str:
    """Hosts of one plan may be in several modes; then each keeps its own."""
    modes = {one.target.mode for one in given.hosts if one.target.release} if given else set()
    return modes.pop() if len(modes) == 1 else ""
