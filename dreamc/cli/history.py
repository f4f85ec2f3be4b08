"""`dreamc history`: the journals of hosts, the newest first."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from dreamc.cli.asking import as_json as encoded
from dreamc.cli.asking import each, tell, unreachable
from dreamc.cli.hosts import Ways, reach, scene
from dreamc.cli.options import coloured, source
from dreamc.provision import journal
from dreamc.provision.journal import Entry
from dreamc.provision.operations import look
from dreamc.provision.session import Session
from dreamc.provision.show.text import Paint
from dreamc.provision.spans import ago, span

STYLES = {"done": "green", "refused": "yellow", "rolled-back": "yellow", "recovered": "yellow", "stuck": "red"}
Told = tuple[str, Entry]


@click.command("history")
@source
@reach
@click.option("-n", "lines", type=click.IntRange(1), default=20, show_default=True, help="Changes of each host.")
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
    lines: int,
    as_json: bool,
    plain: bool,
) -> None:
    """What was done to hosts, the newest first: when, by whom, why, from which commit, and how it ended."""
    ways = Ways(inventories, patterns, parallel, ask_pass, ask_become_pass, close)
    with scene(ctx, file, overlay, today, ways, with_strangers=False) as here:

        def one(_name: str, session: Session) -> tuple[Entry, ...]:
            said = session.run(look.journal(here.stack.root, lines), timeout=60.0).out.splitlines()
            return tuple(entry for line in said if (entry := journal.entry(line)))

        found, failed = each(here.sessions, one, parallel)
    told = newest_first((name, entry) for name, entries in found.items() for entry in entries)
    if as_json:
        click.echo(encoded({"history": [_row(*one) for one in told], "unreachable": unreachable(failed)}))
    else:
        click.echo(text(told, time.time(), Paint(coloured(plain))), nl=False)
    tell(failed.values())
    ctx.exit(1 if failed else 0)


def newest_first(told: Iterable[Told]) -> tuple[Told, ...]:
    """Of one second the later line of the same host first."""
    return tuple(sorted(told, key=lambda one: one[1].time)[::-1])


def _row(host: str, entry: Entry) -> dict[str, Any]:
    from msgspec import structs

    return {"host": host, **structs.asdict(entry)}


def text(told: tuple[Told, ...], now: float, paint: Paint) -> str:
    """Two or three lines per change."""
    if not told:
        return "nothing was done yet\n"
    return "".join(f"{line}\n" for host, entry in told for line in _lines(host, entry, now, paint))


def _lines(host: str, entry: Entry, now: float, paint: Paint) -> list[str]:
    outcome = paint(STYLES.get(entry.outcome, "red"), entry.outcome or "?")
    when = f"{entry.time}  {ago(entry.time, now)}"
    lines = [f"{when}  {paint('bold', host)}  {entry.action} {outcome} in {span(entry.seconds)}: {_way(entry)}"]
    by = ", ".join(part for part in (f"by {entry.who}" if entry.who else "", entry.git and f"from {entry.git}") if part)
    said = ": ".join(part for part in (by, entry.why) if part)
    return [*lines, *([f"    {said}"] if said else []), *([f"    {entry.message}"] if entry.message else [])]


def _way(entry: Entry) -> str:
    """From which release and mode to which."""
    to = f"{entry.release or 'nothing'} {entry.mode}".strip()
    before = f"{entry.from_release or 'nothing'} {entry.from_mode}".strip()
    return to if before == to else f"{before} -> {to}"
