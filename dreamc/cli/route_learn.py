"""`dreamc route learn`: the table action -> tier, and the bounds of the complexity score, out of one's own outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dreamc.cli.options import request, source
from dreamc.cli.route_learn_given import Given, given_of, share, shares_of, worth_it
from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.cli.findings import Whole
    from dreamc.cli.route_learn_file import Edit
    from dreamc.compiler import Request
    from dreamc.learning.bounds import Part, Scored
    from dreamc.learning.edit import Change
    from dreamc.learning.outcomes import Evidence
    from dreamc.learning.reach import Policy
    from dreamc.learning.table import Row, Rule

Verb = Callable[..., Any]
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""What `dreamc.spec.base.Word` allows; clients choose the names of their actions."""
FEWEST = 10
"""Labels: no fewer are ever enough."""


class Learnt(NamedTuple):
    """What was learnt."""

    evidence: Evidence
    rows: tuple[Row, ...]
    scores: Scored | None
    parts: tuple[Part, ...]


def _share(default: float, name: str, help_: str) -> Callable[[Verb], Verb]:
    def read(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
        return share(value, name)

    shown = f"{default:.0%}"
    return click.option(name, default=shown, show_default=True, metavar="SHARE", callback=read, help=help_)


@click.command("learn")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--log", "more", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="As LOGS.")
@click.option(
    "--outcomes", multiple=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help='Labels, a JSON object per line: {"id": …, "ok": true} or {"action": …, "tier": …, "ok": 0.8}.',
)  # fmt: skip
@source
@click.option("--min-labels", type=click.IntRange(min=FEWEST), default=20, show_default=True,
              help="Labels of an action on a tier before it moves.")  # fmt: skip
@_share(0.05, "--margin", "How far below the present tier a cheaper one may be.")
@_share(0.70, "--target", "Success below which a tier is left upwards.")
@_share(0.20, "--worth", "Gain that is worth a dearer tier.")
@_share(0.95, "--confidence", "How sure to be.")
@_share(0.25, "--trust-checks", "What a verdict of the checks counts beside a label; 100% where checks run tests.")
@click.option("--bounds", is_flag=True, help="Also set routing: complexity: by the scores of the log.")
@click.option("--shares", metavar="TIER=SHARE,…", help="Requests per tier for --bounds. Default: as the bounds say.")
@click.option("--write", is_flag=True, help="Change the file; it has to check, and its tests to pass.")
@click.option("--check", is_flag=True, help="Exit 1 where there is something to learn.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
def command(
    logs: tuple[Path, ...], more: tuple[Path, ...], outcomes: tuple[Path, ...], file: Path,
    overlay: str | None, today: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Learn which tier each kind of action needs, from usage LOGS and labels, and show the change to dream.yaml.

    An action moves only with enough labels, and down only with confidence. Nothing is written without --write.
    """
    if not (logs or more or outcomes):
        raise click.UsageError("name a usage log, or --outcomes FILE")
    if asked["write"] and (overlay or asked["check"]):
        raise click.UsageError(f"--write changes {file}; leave out {'--env' if overlay else '--check'}")
    from dreamc.backends.rehearsal import decider
    from dreamc.cli.cost_report_text import unread
    from dreamc.cli.findings import whole

    ctx, wanted = click.get_current_context(), request(file, overlay, today)
    found = whole(ctx, wanted, "nothing can be learnt for a file with errors")
    policy = decider(found.stack)
    given = given_of((*logs, *more), outcomes, policy)
    shares = shares_of(asked["shares"], policy) if asked["bounds"] or asked["shares"] else None
    learnt = _learnt(given, policy, _rule(asked), shares)
    for note in unread(given.skipped):
        click.echo(f"dreamc: {note}", err=True)
    made = _edit(wanted, _changes(learnt, found))
    ctx.exit(_said(learnt, policy, wanted, made, asked))


def _rule(asked: Mapping[str, Any]) -> Rule:
    from dreamc.learning.table import Rule

    return Rule(
        least=asked["min_labels"], margin=asked["margin"], target=asked["target"], worth=asked["worth"],
        confidence=asked["confidence"], trust=asked["trust_checks"],
    )  # fmt: skip


def _learnt(given: Given, policy: Policy, rule: Rule, shares: Mapping[str, float] | None) -> Learnt:
    from dreamc.learning.bounds import calibrated, scored
    from dreamc.learning.outcomes import gather
    from dreamc.learning.reach import reach
    from dreamc.learning.table import table

    evidence = gather(given.requests(given.skipped), given.labels, policy)
    worth_it(evidence, given, anyway=shares is not None)
    known = bool(evidence.labels or evidence.verdicts)
    rows = table(evidence, policy.actions, reach(policy), rule) if known else ()
    if shares is None:
        return Learnt(evidence, rows, None, ())
    scores = scored(given.requests(), given.labels, policy.actions)
    _enough(scores)
    bounds = [(bound.tier, bound.up_to) for bound in policy.complexity]
    return Learnt(evidence, rows, scores, calibrated(scores, bounds, shares))


def _enough(scores: Scored) -> None:
    from dreamc.learning.bounds import LEAST

    number = len(scores.chosen) + len(scores.held)
    if number < LEAST:
        what = f"{number} requests were decided by their score; bounds need {LEAST}"
        raise DreamError(what, "nothing was learnt", "wait for more, name older logs, or leave out --bounds")


def _changes(learnt: Learnt, found: Whole) -> tuple[Change, ...]:
    """Where in the file what goes."""
    from dreamc.learning.report import shown

    actions: list[Change] = []
    for row in learnt.rows:
        if row.kind == "new" and not KEY.fullmatch(row.action):
            click.echo(
                f"dreamc: '{shown(row.action)}' cannot be a key of routing: actions:; none is proposed", err=True
            )
        elif row.kind != "keep" and row.tier:
            actions.append((("routing", "actions", row.action), row.tier))
    given = _complexity(found)
    fresh = not given
    return (*actions, *(_bound(part, given) for part in learnt.parts if fresh or part.was != part.up_to))


def _bound(part: Part, given: Mapping[str, Any]) -> Change:
    value = int(part.up_to) if part.up_to == int(part.up_to) else part.up_to
    path = ("routing", "complexity", part.tier)
    return ((*path, "up_to") if isinstance(given.get(part.tier), dict) else path), value


def _complexity(found: Whole) -> Mapping[str, Any]:
    value = found.document.value
    routing = value.get("routing") if isinstance(value, dict) else None
    given = routing.get("complexity") if isinstance(routing, dict) else None
    return given if isinstance(given, dict) else {}


def _edit(wanted: Request, changes: tuple[Change, ...]) -> Edit | None:
    from dreamc.cli.route_learn_file import edit

    return edit(wanted.file, changes) if changes else None


def _said(learnt: Learnt, policy: Policy, wanted: Request, made: Edit | None, asked: Mapping[str, Any]) -> int:
    """Says it, and writes it where that is asked for; the exit code."""
    from dreamc.cli.route_learn_file import proven, write
    from dreamc.learning import report

    for note in report.notes(learnt.evidence, _rule(asked)):
        click.echo(f"dreamc: {note}", err=True)
    good = made is None or proven(wanted, made)
    written = bool(made and good and asked["write"])
    if made and written:
        write(made)
    if asked["as_json"]:
        click.echo(_json(learnt, made, written=written))
    else:
        _text(learnt, policy, made, _rule(asked), written=written)
    if not good:
        return 1
    return 1 if made and asked["check"] else 0


def _text(learnt: Learnt, policy: Policy, made: Edit | None, rule: Rule, *, written: bool) -> None:
    from dreamc.learning import report

    click.echo(report.table_text(learnt.rows, policy.tiers, rule), nl=False)
    if learnt.scores is not None:
        gap = "\n" if learnt.rows else ""
        scores = learnt.scores
        click.echo(gap + report.bounds_text(learnt.parts, len(scores.chosen), len(scores.held)), nl=False)
    if made is None:
        click.echo("dreamc: nothing to change", err=True)
        return
    click.echo("\n" + made.diff, nl=False)
    click.echo(
        f"dreamc: {made.file} is written" if written else "dreamc: nothing was written; --write does it", err=True
    )


def _json(learnt: Learnt, made: Edit | None, *, written: bool) -> str:
    import json

    from msgspec import to_builtins

    evidence = learnt.evidence
    return json.dumps(
        {
            "requests": evidence.requests,
            "labels": evidence.labels,
            "verdicts": evidence.verdicts,
            "aside": to_builtins(evidence.aside),
            "table": to_builtins(learnt.rows),
            "bounds": [{**to_builtins(part), "off": part.off} for part in learnt.parts],
            "diff": made.diff if made else "",
            "written": written,
        },
        indent=2,
        ensure_ascii=False,
    )
