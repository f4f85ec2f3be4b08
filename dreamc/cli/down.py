"""`dreamc down`: the stack stops on hosts; data, models and releases stay."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.change import confirm
from dreamc.cli.hosts import Scene, Ways, reach, scene
from dreamc.cli.options import source
from dreamc.errors import DreamError
from dreamc.provision.operations.teardown import down


@click.command("down")
@source
@reach
@click.option("-y", "--yes", is_flag=True, envvar="DREAMC_YES", show_envvar=True, help="Do not ask.")
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
    yes: bool,
) -> None:
    """Stop the stack on hosts. `dreamc apply` starts it again; nothing is deleted."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:
        names = ", ".join(here.sessions)
        confirm(f"Stop {here.stack.name} on {names}?", yes)
        codes = [_stopped(here, name) for name in here.sessions]
    ctx.exit(max(codes, default=0))


def _stopped(here: Scene, name: str) -> int:
    try:
        answer = here.sessions[name].run(down(here.stack.root), on_line=lambda text: click.echo(f"{name}: {text}"))
    except DreamError as error:
        click.echo(f"dreamc: {error.what}", err=True)
        if error.remedy:
            click.echo(f"  to do: {error.remedy}", err=True)
        return 1
    return answer.code
