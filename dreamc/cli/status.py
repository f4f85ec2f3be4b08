"""`dreamc status`: whether what should serve does, on every host; with --watch it keeps looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from dreamc.cli.asking import as_json as encoded
from dreamc.cli.asking import each, tell, unreachable
from dreamc.cli.hosts import Scene, Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.cli.status_text import text
from dreamc.errors import DreamError
from dreamc.provision.session import Session
from dreamc.provision.status import HostStatus, ask

EVERY = 2.0
"""Seconds between two looks with --watch."""
Found = tuple[dict[str, HostStatus], dict[str, DreamError]]


@click.command("status")
@source
@reach
@click.option("-w", "--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", help="For programs.")
@click.option("--no-color", "plain", is_flag=True, envvar="DREAMC_NO_COLOR", help="No colours; so does NO_COLOR.")
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
    watch: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """Release, mode, services with their health, gateway and GPU memory of hosts. Exit 1 if something is not well."""
    if watch and (as_json or not sys.stdout.isatty()):
        raise click.UsageError("--watch draws on a terminal; without one, ask again: dreamc status --json")
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        look = partial(_look, here, parallel)
        found = _watched(look, coloured(plain)) if watch else look()
    if as_json:
        click.echo(encoded({"hosts": list(found[0].values()), "unreachable": unreachable(found[1])}))
    elif not watch:
        click.echo(text(tuple(found[0].values()), time.time(), coloured(plain)), nl=False)
    tell(found[1].values())
    ctx.exit(0 if not found[1] and all(one.healthy for one in found[0].values()) else 1)


def _look(here: Scene, parallel: int) -> Found:
    def one(_name: str, session: Session) -> HostStatus:
        return ask(session, here.stack.root)

    return each(here.sessions, one, parallel)


def _watched(look: Callable[[], Found], colour: bool) -> Found:
    """The last look. A host that cannot be reached is tried again with the next one."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(highlight=False, no_color=not colour)
    found = look()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            lines = text(tuple(found[0].values()), time.time(), colour)
            lines += "".join(f"{error.what}\n" for error in found[1].values())
            live.update(Text.from_ansi(lines + "\nCtrl-C ends this"), refresh=True)
            try:
                time.sleep(EVERY)
                found = look()
            except KeyboardInterrupt:
                return found
