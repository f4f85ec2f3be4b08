"""Models of hosts as people read them: a table, a line a model, and progress that does not flood a log."""

from __future__ import annotations

import sys
from threading import Lock

import click

from dreamc.supply.kept import Garbage, Listed
from dreamc.supply.talk import gib
from dreamc.supply.verify import Verified

HEAD = ("HOST", "MODEL", "REVISION", "THERE", "OF", "STATE")
STEPS = 10
"""How often progress of one model is told where nobody looks on."""


def table(rows: tuple[tuple[str, Listed], ...]) -> str:
    """A line per model and host."""
    cells = [HEAD, *(_cells(host, one) for host, one in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines)


def _cells(host: str, one: Listed) -> tuple[str, ...]:
    state = one.why or ("complete" if one.pinned else "complete; not pinned")
    version = one.revision.removeprefix("sha256:")[:12] or "-"
    return host, one.model, version, gib(one.there), gib(one.total) if one.total else "?", state


def verified(host: str, one: Verified) -> str:
    """A line, and one more for every file that is wrong or missing."""
    how = "" if one.pinned else " (not pinned: compared with the names of the files)"
    if one.right:
        return f"{host}: {one.model}: {one.files} files, {gib(one.size)} right{how}"
    lines = [f"{host}: {one.model}: {len(one.bad)} wrong, {len(one.gone)} missing of {one.files} files{how}"]
    lines += [f"  wrong: {path}" for path in one.bad] + [f"  missing: {path}" for path in one.gone]
    return "\n".join(lines)


def garbage(host: str, found: tuple[Garbage, ...]) -> str:
    """What would go, the largest first, and how much that is."""
    lines = [f"  {gib(one.size):>10}  {one.what}" for one in sorted(found, key=lambda one: (-one.size, one.path))]
    total = sum(one.size for one in found)
    return "\n".join((f"{host}: {len(found)} files and snapshots that no kept release names, {gib(total)}", *lines))


class Counter:
    """Progress on stderr: one line that is written over on a terminal, ten lines a model elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet, self._live = quiet, sys.stderr.isatty()
        self._told: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def __call__(self, host: str, model: str, done: int, total: int) -> None:
        share = done * STEPS * (10 if self._live else 1) // total if total else done >> 30
        with self._lock:
            if self._quiet or self._told.get((host, model)) == share:
                return
            self._told[host, model] = share
        text = f"{host}: {model}: {gib(done)}" + (f" of {gib(total)}" if total else "")
        click.echo(f"\r\033[K{text}" if self._live else text, err=True, nl=not self._live or done == total)
