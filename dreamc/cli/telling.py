"""Progress of hosts: a live table on a terminal, plain lines in CI, nothing with --quiet. All of it goes to stderr."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from dreamc.provision.events import Event, Outcome, Tell

STEP = 0.1
"""Share of a download after which CI gets another line."""


@contextmanager
def telling(hosts: tuple[str, ...], quiet: bool) -> Iterator[Tell]:
    """Shows events while the block runs."""
    if quiet:
        yield _nothing
    elif sys.stderr.isatty():
        yield from _live(hosts)
    else:
        yield _Lines().tell


def _nothing(_event: Event) -> None:
    """With --quiet the outcomes say enough."""


class _Lines:
    """One line per event; of a download one line per tenth of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: dict[tuple[str, str], float] = {}

    def tell(self, event: Event) -> None:
        """Prints the line, if it says something new."""
        with self._lock:
            if event.total and not self._is_news(event):
                return
            click.echo(line(event), err=True)

    def _is_news(self, event: Event) -> bool:
        key, share = (event.host, event.text), event.done / event.total
        before = self._shown.get(key, -STEP)
        if share < before + STEP and event.done < event.total:
            return False
        if before >= 1.0:
            return False
        self._shown[key] = share
        return True


def line(event: Event) -> str:
    """One event as CI reads it."""
    share = f" {event.done / event.total:.0%}" if event.total else ""
    return f"{event.host}: {event.phase}{share}: {event.text}" + (" (!)" if event.warning else "")


def _live(hosts: tuple[str, ...]) -> Iterator[Tell]:
    from rich.console import Console
    from rich.live import Live

    now: dict[str, Event] = {}
    lock = threading.Lock()
    console = Console(stderr=True, highlight=False)
    with Live(console=console, refresh_per_second=8, transient=True) as live:

        def tell(event: Event) -> None:
            with lock:
                now[event.host] = event
                live.update(_table(hosts, dict(now)))
                if event.warning or event.phase == "gate":
                    live.console.print(line(event), markup=False)

        yield tell


def _table(hosts: tuple[str, ...], now: dict[str, Event]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for host in hosts:
        event = now.get(host)
        share = f"{event.done / event.total:.0%}" if event and event.total else ""
        table.add_row(host, event.phase if event else "", share, event.text if event else "waiting")
    return table


def outcome(one: Outcome) -> str:
    """How a host ended, in one to three lines."""
    word = {0: "done", 1: "not changed", 3: "rolled back", 4: "NEEDS YOU", 5: "locked"}.get(one.code, "failed")
    lines = [f"{one.host}: {word}: {one.what}" + (f" ({one.seconds:.1f} s)" if one.seconds else "")]
    lines += [f"  state: {one.state}"] if one.state else []
    lines += [f"  to do: {one.remedy}"] if one.remedy and one.failed else []
    return "\n".join(lines)
