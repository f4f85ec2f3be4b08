"""`dreamc compile`: a bundle per host, or with --check the difference to what is there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from dreamc.artifact.changes import Conflicts
from dreamc.artifact.types import Bundle
from dreamc.artifact.write import compare, write
from dreamc.cli.findings import exit_code, told
from dreamc.cli.options import Format, coloured, output, request, shown_as, source
from dreamc.cli.progress import going_on
from dreamc.compiler import emit, resolve
from dreamc.stack.types import Stack

MANY_HOSTS = 50
"""From so many hosts on, a line on stderr says that work is going on."""


class _Directory(click.Path):
    """A directory that is there or is to be; `-o "$UNSET"` is a mistake, not this directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("name a directory; '.' is this one", param, ctx)
        return super().convert(value, param, ctx)


@click.command("compile")
@source
@output
@click.option(
    "-o",
    "--output",
    "directory",
    type=_Directory(path_type=Path, file_okay=False),
    default=Path("build"),
    show_default=True,
    envvar="DREAMC_OUTPUT",
    show_envvar=True,
    help="Directory of the bundles.",
)
@click.option(
    "-H",
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    envvar="DREAMC_HOST",
    show_envvar=True,
    help="Only these hosts; repeatable, globs.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 and show what would change.")
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited by hand.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path,
    overlay: str | None,
    today: str | None,
    format_: Format,
    as_json: bool,
    plain: bool,
    strict: bool,
    quiet: bool,
    directory: Path,
    hosts: tuple[str, ...],
    only_check: bool,
    force: bool,
) -> None:
    """Write docker-compose, LiteLLM, catalogue, policy and runbook of every host below the output directory."""
    chosen = shown_as(ctx, format_, as_json)
    report = chosen != "text"
    result = resolve(request(file, overlay, today))
    found = told(result, chosen, coloured(plain, err=True), err=not report)
    if result.stack is None or exit_code(found, strict):
        click.echo("dreamc: nothing was written", err=True)
        ctx.exit(1)
    count = len(result.stack.hosts)
    with going_on(f"{count:,} hosts", quiet or count < MANY_HOSTS):
        bundles = wanted(emit(result.stack), hosts)
        if not only_check:
            _write(bundles, directory, force, retire=not hosts)
    if only_check:
        ctx.exit(_differences(bundles, directory, retire=not hosts, err=report))
    if not quiet:
        _summary(result.stack, bundles, directory, err=report)


def wanted(bundles: tuple[Bundle, ...], patterns: tuple[str, ...]) -> tuple[Bundle, ...]:
    """The bundles of the hosts asked for; all of them where none is named."""
    if not patterns:
        return bundles
    for pattern in patterns:
        if not any(fnmatchcase(one.host, pattern) for one in bundles):
            known = ", ".join(one.host for one in bundles[:12])
            raise click.UsageError(f"no host is called '{pattern}'; there are {known}")
    return tuple(one for one in bundles if any(fnmatchcase(one.host, pattern) for pattern in patterns))


def _differences(bundles: tuple[Bundle, ...], directory: Path, retire: bool, err: bool) -> int:
    found = compare(bundles, directory, retire=retire)
    for one in found:
        click.echo(f"{one.kind}: {one.path}", err=err)
        if one.diff:
            click.echo(one.diff, err=err)
    if found:
        click.echo(f"dreamc: {len(found)} file(s) of {directory} are not what the source says", err=True)
    return 1 if found else 0


def _write(bundles: tuple[Bundle, ...], directory: Path, force: bool, retire: bool) -> None:
    done = write(bundles, directory, overwrite=force, retire=retire)
    if isinstance(done, Conflicts):
        for item in done.items:
            click.echo(f"conflict: {item.path}: {item.reason}", err=True)
            if item.diff:
                click.echo(item.diff, err=True)
        final = all(item.final for item in done.items)
        click.echo("dreamc: nothing was written" + ("" if final else "; --force overwrites edited files"), err=True)
        raise click.exceptions.Exit(1)


def _summary(stack: Stack, bundles: tuple[Bundle, ...], directory: Path, err: bool) -> None:
    from dreamc.cli.summary import summary

    click.echo(summary(stack, bundles, directory), err=err)
