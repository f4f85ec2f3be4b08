"""`dreamc cost simulate`: imagined or logged requests sent through the policy, one by one, and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, to_builtins

from dreamc.cli.cost_asked import Picture
from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.cli.cost_simulate_traffic import Asked
    from dreamc.compiler import Request
    from dreamc.cost.difference import Difference
    from dreamc.cost.sample import Sample
    from dreamc.cost.simulate import Run, Side
    from dreamc.cost.tally import Result


class Told(Struct, frozen=True):
    """Everything that the command says; `--json` is this."""

    stack: str
    source: str
    assumed: tuple[str, ...]
    seed: int
    result: Result
    other: Result | None
    difference: Difference | None
    notes: tuple[str, ...]
    remarks: tuple[str, ...]


@click.command("simulate")
@source
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Days to imagine.")
@click.option(
    "--requests-per-day", "per_day", type=click.FloatRange(0, 10_000_000, min_open=True), default=None,
    help="Requests a day. Default: as the traffic says.",
)  # fmt: skip
@click.option(
    "--mix", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="Traffic in the shape of `costs: traffic:`, as YAML or JSON.",
)  # fmt: skip
@click.option("--scenario", default=None, metavar="NAME", help="Traffic that somebody described, such as daemon.")
@click.option("--log", type=click.Path(path_type=Path), multiple=True, metavar="FILE", help="Replay a usage log.")
@click.option(
    "--against", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="Another dream.yaml for the same requests.",
)  # fmt: skip
@click.option("--mode", type=click.Choice(("cloud", "local", "hybrid")), default=None, envvar="DREAMC_MODE",
              show_envvar=True, help="Default: the mode of the file.")  # fmt: skip
@click.option("--alias", default="", metavar="NAME", help="The name to ask for; of a log, its requests for it alone.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=None, help="Longest answer that clients ask for.")
@click.option("--spread", type=click.FloatRange(0, 3), default=0.0, show_default=True,
              help="Of token sizes: deviation of their logarithm.")  # fmt: skip
@click.option("--start", default=None, metavar="DATE", help="First day. Default: the first of this month.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
@click.option("-o", "--output", type=Picture(path_type=Path), default=None, metavar="FILE",
              help="A picture as well: .svg or .png.")  # fmt: skip
def command(
    file: Path, overlay: str | None, today: str | None, against: Path | None, as_json: bool,
    output: Path | None, **asked: Any,
) -> None:  # fmt: skip
    """Say what traffic costs under this policy, who answers it, and where a budget stops it.

    Without --log the traffic is imagined: that of --mix, else of --scenario, else of `costs: traffic:`, else of the
    scenario daemon. Every request is decided by the code that decides in the gateway, with the budget as it stands by
    then. The same options give the same bytes. --env is for the first file only.
    """
    from dreamc.cli.cost_simulate_traffic import imagined_requests, logged_requests

    ctx = click.get_current_context()
    wanted = request(file, overlay, today)
    this = _side(ctx, wanted)
    other = None if against is None else _side(ctx, request(against, None, today))
    asked_for = logged_requests if asked["log"] else imagined_requests
    found = asked_for(ctx, this.stack, wanted.today, asked)
    run = _run(this, found, asked, this)
    theirs = None if other is None else _run(other, found, asked, this)
    told = _told(this, found, run, theirs, asked["seed"])
    _say(told, as_json)
    if output is not None:
        _picture(output, told, run, theirs)


def _side(ctx: click.Context, wanted: Request) -> Side:
    from dreamc.backends.rehearsal import decider
    from dreamc.cli.findings import whole
    from dreamc.cost.simulate import Side

    found = whole(ctx, wanted, "a file with errors has no policy, so there is nothing to simulate")
    return Side(found.stack, decider(found.stack))


def _run(side: Side, found: Asked, asked: dict[str, Any], paid_by: Side) -> Run:
    from dreamc.cli.cost_simulate_traffic import unknown
    from dreamc.cost.simulate import run

    stack, policy = side.stack, side.policy
    mode, alias = asked["mode"] or stack.mode, asked["alias"]
    if mode not in policy.modes:
        why = next((f": {one.reason}" for one in stack.skipped if one.mode == mode), "")
        raise unknown("--mode", f"{mode} mode of {stack.name} is not compiled{why}", "", tuple(policy.modes))
    if alias and alias not in policy.aliases:
        raise unknown("--alias", f"clients of {stack.name} cannot ask for '{alias}'", alias, policy.aliases)
    return run(policy, mode, found.arrivals, alias, paid_by.policy)


def _told(side: Side, found: Asked, this: Run, other: Run | None, seed: int) -> Told:
    from dreamc.cost.difference import difference
    from dreamc.cost.sample import samples
    from dreamc.cost.tally import result

    runs = (this,) if other is None else (this, other)
    drawn = samples(runs, seed)
    return Told(
        stack=side.stack.name,
        source=found.source,
        assumed=found.assumed,
        seed=seed,
        result=result(this, drawn[0] if drawn else None, found.days),
        other=None if other is None else result(other, drawn[1] if drawn else None, found.days),
        difference=None if other is None else difference(this, other, drawn),
        notes=(*_replayed(found, this), *_unsure(runs, drawn)),
        remarks=found.remarks,
    )


def _replayed(found: Asked, run: Run) -> tuple[str, ...]:
    """How far the replay keeps to the log, and what it cannot decide."""
    if not found.logged:
        return ()
    answered = [(one, out) for one, out in zip(run.arrivals, run.outcomes, strict=True) if one.first and not one.stays]
    same, aliases = sum(out.known for _, out in answered), run.policy.modes[run.mode].aliases
    strange = sum(one.alias not in aliases for one in run.arrivals if not one.stays)
    told = [f"{same:,} of {len(answered):,} answered requests go to the model that answered them in the log"]
    if strange:
        told.append(f"{strange:,} requests ask for a name that this file does not have, and are refused")
    return tuple(told)


def _unsure(runs: tuple[Run, ...], drawn: tuple[Sample, ...]) -> tuple[str, ...]:
    """Why there are no intervals."""
    from dreamc.cost.sample import too_many

    if drawn:
        return ()
    if not too_many(runs):
        return ("no intervals: too few requests",)
    return ("no intervals: days share the budget's money, and these are too many requests to decide other days anew",)


def _say(told: Told, as_json: bool) -> None:
    from dreamc.cli.cost_simulate_text import text

    click.echo(json.dumps(to_builtins(told), indent=2, ensure_ascii=False) if as_json else text(told))


def _picture(path: Path, told: Told, run: Run, other: Run | None) -> None:
    from dreamc.cost.chart import write
    from dreamc.cost.picture import money_chart

    title = f"{told.stack}: {told.result.requests:,} requests, {told.result.mode} mode"
    note = "; ".join((f"traffic: {told.source}", *told.assumed))
    write(money_chart(title, run, other, note), path)
    click.echo(f"dreamc: wrote {path}", err=True)
