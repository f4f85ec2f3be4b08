"""`dreamc cost estimate`: what a dream.yaml will cost, expected and at the worst."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli.cost_asked import Number
from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.cost.types import Traffic
    from dreamc.stack.types import Stack

LINES = """\
costs:
  traffic:
    requests_per_day: 100
    input: 1500                        # mean tokens of a request and its context
    output: 300"""
"""What to write; the figures are an example."""


@click.command("estimate")
@source
@click.option(
    "--mode",
    type=click.Choice(("cloud", "local", "hybrid")),
    default=None,
    envvar="DREAMC_MODE",
    show_envvar=True,
    help="Of this mode only. Default: of all that are compiled.",
)
@click.option("--alias", default="", metavar="NAME", help="The name that is asked for. Default: the routed chain.")
@click.option("--requests-per-day", "per_day", type=Number(0, 1e9), metavar="N", help="Instead of those in the file.")
@click.option(
    "--input", "read", type=click.IntRange(1, 10**7), metavar="TOKENS", help="Mean of a request, if the file says none."
)
@click.option(
    "--output", "written", type=click.IntRange(0, 10**7), metavar="TOKENS", help="Mean of an answer, likewise."
)
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    overlay: str | None,
    today: str | None,
    mode: str | None,
    alias: str,
    per_day: float | None,
    read: int | None,
    written: int | None,
    as_json: bool,
) -> None:
    """Say what one request, a day and a month cost: expected on the traffic of the file, and at the worst.

    The traffic is `costs: traffic:` of dream.yaml. Every request is decided by the code that decides in the gateway,
    with the budget that is left at that time of the month. Money in US dollars.
    """
    from dreamc.backends.rehearsal import decider
    from dreamc.cli.cost_estimate_text import text
    from dreamc.cli.deciding import as_json as json_of
    from dreamc.cli.findings import whole
    from dreamc.cost.estimate import estimate

    wanted = request(file, overlay, today)
    stack = whole(ctx, wanted, "a file with errors is not compiled, so nothing of it can be estimated").stack
    traffic = _traffic(stack, alias, per_day, read, written)
    _known(stack, alias, mode)
    found = estimate(decider(stack), stack, traffic, (mode,) if mode else ())
    click.echo(json_of(found) if as_json else text(found))
    if traffic is None:
        _missing(file)


def _traffic(stack: Stack, alias: str, per_day: float | None, read: int | None, written: int | None) -> Traffic | None:
    """That of the file, with what the command line says instead."""
    from msgspec.structs import replace

    from dreamc.cost.traffic import traffic_of
    from dreamc.cost.types import Traffic, Work

    found = traffic_of(stack)
    if found is None:
        if per_day is None or read is None or written is None:
            return None
        return Traffic(per_day, (Work(None, 1.0, read, written),), "the command line", alias)
    if read is not None or written is not None:
        raise click.UsageError("--input and --output are for files without `costs: traffic:`")
    if per_day is not None:
        found = replace(found, per_day=per_day, source=f"{found.source}, with {per_day:,.10g} requests a day instead")
    return replace(found, alias=alias)


def _known(stack: Stack, alias: str, mode: str | None) -> None:
    from dreamc.knowledge.nearest import nearest

    if alias and alias not in stack.aliases:
        close = nearest(alias, stack.aliases, 1)
        advice = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(stack.aliases)}"
        raise click.BadParameter(f"clients cannot ask for '{alias}'; {advice}", param_hint="--alias")
    if mode and mode not in {one.mode for one in stack.modes}:
        why = next((f": {one.reason}" for one in stack.skipped if one.mode == mode), "")
        raise click.BadParameter(f"{mode} mode is not compiled{why}", param_hint="--mode")


def _missing(file: Path) -> None:
    click.echo(
        f"\ndreamc: {file.as_posix()} does not say which traffic is expected, so there is no expected month. Add it, "
        "with your own figures:\n"
        + "\n".join(f"  {line}" for line in LINES.splitlines())
        + "\nor say it here: --requests-per-day 100 --input 1500 --output 300",
        err=True,
    )
