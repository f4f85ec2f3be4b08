"""Says on stderr that long work is going on: a spinner on a terminal, one plain line elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def going_on(what: str, quiet: bool = False) -> Iterator[None]:
    """While the block runs, `what` is said; nothing with `quiet`."""
    if quiet:
        yield
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True, highlight=False).status(f"dreamc: {what} …"):
            yield
    else:
        click.echo(f"dreamc: {what} …", err=True)
        yield
