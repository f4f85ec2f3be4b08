"""`dreamc plan`: what an apply would do, on every host; nothing is changed anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.loading import load
from dreamc.cli.options import coloured, source

if TYPE_CHECKING:
    from dreamc.provision.plan.types import Plan

CHANGES = 2


@click.command("plan")
@source
@reach
@click.option(
    "--mode",
    type=click.Choice(["cloud", "local", "hybrid"]),
    envvar="DREAMC_MODE",
    show_envvar=True,
    help="Plan for this mode. Default: the one that the host is in, or that of the file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan as JSON, for `dreamc apply PLAN`.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    envvar="DREAMC_PLAN_FORMAT",
    show_envvar=True,
    help="How the plan is shown; markdown is made for a pull request.",
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--diff/--no-diff", "diffs", default=True, show_default=True, help="Show what changes in the files.")
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--allow-data-loss", "allow", is_flag=True, help="Plan also what would leave data unused.")
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
    mode: str | None,
    output: Path | None,
    format_: str,
    as_json: bool,
    diffs: bool,
    detailed: bool,
    allow: bool,
    plain: bool,
) -> None:
    """Say what `dreamc apply` would do: files, services and why, interruption, VRAM, downloads, money, data."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways) as here:
        load("dreamc.cli.change")  # the handshakes go on meanwhile
        from dreamc.cli.change import known_secrets, look, planned, rendered, tell_unreachable, wished

        secrets = known_secrets(here)
        found = look(here, wished(here, mode or "", allow=allow), secrets, parallel)
        plan = planned(here, found)
    tell_unreachable(found)
    shown = "json" if as_json else format_
    click.echo(secrets.mask(rendered(plan, shown, coloured(plain), diffs)), nl=False)
    if output is not None:
        save(plan, output)
    ctx.exit(_code(plan, bool(found.unreachable), detailed))


def save(plan: Plan, output: Path) -> None:
    """Writes the plan; its place in the file system is the user's business."""
    from dreamc.provision.show import saved

    output.write_text(saved(plan), encoding="utf-8")
    click.echo(f"dreamc: the plan is in {output}; dreamc apply {output} carries it out", err=True)


def _code(plan: Plan, unreachable: bool, detailed: bool) -> int:
    blocked = max((finding.code for host in plan.hosts for finding in host.blockers), default=0)
    if unreachable or blocked:
        return blocked or 1
    return CHANGES if detailed and plan.changed else 0
