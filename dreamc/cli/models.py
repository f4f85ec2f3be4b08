"""`dreamc models`: the model files of hosts: what is there, brought, read in full, swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct, to_builtins

from dreamc.artifact.release import Release, release_of
from dreamc.cli.hosts import Ways, reach, scene, who
from dreamc.cli.options import source
from dreamc.errors import DreamError
from dreamc.provision.session import Session, open_session
from dreamc.supply.types import VIAS, Errand, Shelf, Via

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Target(Struct, frozen=True):
    """A host that can be asked, and what is compiled for it."""

    session: Session
    release: Release

    @property
    def name(self) -> str:
        """Of the host."""
        return self.session.address.name


@click.group("models")
def command() -> None:
    """The model files of hosts: ls, pull, verify, gc."""


def hosts(function: F) -> F:
    """The file, and how to reach its hosts."""
    return source(reach(function))


@command.command("ls")
@hosts
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
def ls(as_json: bool, **given: Any) -> None:
    """Show the models of the file on each host: what is there of how much."""
    import json

    from dreamc.cli.models_text import table
    from dreamc.supply.kept import Listed, listed

    rows: list[tuple[str, Listed]] = []

    def show(one: Target, found: tuple[Listed, ...]) -> None:
        rows.extend((one.name, row) for row in found)

    try:
        with targets(**given) as found:
            on_each(found, lambda one: listed(one.session, one.release), show, given["parallel"])
    finally:
        if as_json:
            click.echo(json.dumps([{"host": host, **to_builtins(row)} for host, row in rows], indent=2))
        elif rows:
            click.echo(table(tuple(rows)))


@command.command("pull")
@hosts
@click.option("--mode", type=click.Choice(("local", "hybrid")), default=None, help="Default: every mode of the file.")
@click.option("--via", type=click.Choice(VIAS), default="auto", show_default=True,
              help="auto: another host that has it, this machine's cache, else the host fetches it.")  # fmt: skip
@click.option(
    "--archive", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Only from this archive."
)
@click.option("--offline", is_flag=True, envvar="DREAMC_OFFLINE", show_envvar=True, help="Download nothing.")
@click.option("-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="No progress.")
def pull(mode: str | None, via: Via, archive: Path | None, offline: bool, quiet: bool, **given: Any) -> None:
    """Bring what is missing, verified; nothing that runs is touched. A cut transfer goes on where it stopped.

    HF_TOKEN opens gated repositories. Without dream.lock.yaml models are not pinned: what the hub has today is taken.
    """
    from dreamc.cli.models_text import Counter
    from dreamc.cli.stores import sources
    from dreamc.supply import archive as archives
    from dreamc.supply.kept import every
    from dreamc.supply.look import gaps
    from dreamc.supply.supply import Brought, supply

    counter = Counter(quiet)
    errand = Errand(who(), counter, lambda host, text: click.echo(f"{host}: {text}", err=True))
    opened = archives.read(archive, counter) if archive else None
    with targets(**given) as found:

        def work(one: Target) -> tuple[Brought, ...]:
            wanted = one.release.mode(mode).weights if mode else every(one.release)
            with neighbours(one, found, via) as near:
                given_ = sources(near, opened, offline)
                return supply(one.session, one.release, gaps(one.session, wanted), given_, via, errand)

        def show(one: Target, done: tuple[Brought, ...]) -> None:
            for each in done:
                click.echo(f"{one.name}: {each.model}: {each.way}{'' if each.pinned else '; not pinned'}")
            if not done:
                click.echo(f"{one.name}: every model is complete")

        # one after another where the next host may copy from the one before
        on_each(found, work, show, 1 if via in ("auto", "neighbour") else given["parallel"])


@command.command("verify")
@hosts
@click.option("--remove", is_flag=True, help="Take wrong files away, so that the next pull brings them anew.")
@click.option("-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="No progress.")
def verify(remove: bool, quiet: bool, **given: Any) -> None:
    """Read every file on the hosts and compare it with the lock; exit 1 when one is wrong. As slow as the disks."""
    from dreamc.cli.models_text import Counter, verified
    from dreamc.supply.kept import every
    from dreamc.supply.verify import Verified
    from dreamc.supply.verify import verify as verified_on

    right: list[bool] = []
    counter = Counter(quiet)

    def show(one: Target, found: tuple[Verified, ...]) -> None:
        for each in found:
            click.echo(verified(one.name, each))
            right.append(each.right)

    with targets(**given) as found:
        on_each(
            found, lambda one: verified_on(one.session, every(one.release), counter, remove), show, given["parallel"]
        )
    click.get_current_context().exit(0 if all(right) else 1)


@command.command("gc")
@hosts
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def gc(yes: bool, **given: Any) -> None:
    """Remove models that no release kept on the host names. What the file itself names stays, applied or not."""
    from dreamc.cli.models_text import garbage as shown
    from dreamc.supply.kept import Garbage, garbage, sweep
    from dreamc.supply.talk import gib

    def show(one: Target, found: tuple[Garbage, ...]) -> None:
        click.echo(shown(one.name, found))
        if found and _agreed(one.name, yes):
            click.echo(f"{one.name}: {gib(sweep(one.session, one.release.root, found, who()))} freed")

    def work(one: Target) -> tuple[Garbage, ...]:
        return garbage(one.session, one.release.root, (one.release,))

    with targets(**given) as found:
        on_each(found, work, show, given["parallel"])


def _agreed(host: str, yes: bool) -> bool:
    import sys

    if not yes and not sys.stdin.isatty():
        raise click.UsageError("this removes files: say --yes, or run it on a terminal")
    return yes or click.confirm(f"Remove these from {host}?", err=True)


@contextmanager
def targets(
    file: Path,
    overlay: str | None,
    today: str | None,
    inventories: tuple[Path, ...],
    patterns: tuple[str, ...],
    **ways: Any,
) -> Iterator[tuple[Target, ...]]:
    """The hosts that are meant, with a session each."""
    chosen = Ways(inventories, patterns, **ways)
    with scene(click.get_current_context(), file, overlay, today, chosen, with_strangers=False) as here:
        yield tuple(Target(session, release_of(here.bundles[name])) for name, session in here.sessions.items())


def on_each(
    found: tuple[Target, ...], work: Callable[[Target], T], show: Callable[[Target, T], None], parallel: int
) -> None:
    """Shows the work's result for each host, in their order; raises the last failure after all that went well."""
    failed: list[DreamError] = []
    with ThreadPoolExecutor(max_workers=max(1, min(parallel, len(found)))) as pool:
        for one, done in [(one, pool.submit(work, one)) for one in found]:
            try:
                show(one, done.result())
            except DreamError as error:
                failed.append(error)
    for other in failed[:-1]:
        click.echo(f"dreamc: {other}", err=True)
    if failed:
        raise failed[-1]


@contextmanager
def neighbours(one: Target, found: tuple[Target, ...], via: Via) -> Iterator[tuple[Shelf, ...]]:
    """The other hosts that use one of the same models; each gets a connection of its own when it is asked."""
    from functools import partial

    from dreamc.supply.kept import every
    from dreamc.supply.shelf_neighbour import NeighbourShelf

    mine = {(each.kind, each.name) for each in every(one.release)}
    near = [
        NeighbourShelf(other.name, partial(open_session, other.session.address))
        for other in found
        if other is not one
        and via in ("auto", "neighbour")
        and mine & {(each.kind, each.name) for each in every(other.release)}
    ]
    try:
        yield tuple(near)
    finally:
        for shelf in near:
            shelf.close()
