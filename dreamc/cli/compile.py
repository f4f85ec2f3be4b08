"""`dreamc compile`: a bundle per host, or with --check the difference to what is there."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.artifact import Bundle, Conflicts, compare, write
from dreamc.cli.findings import exit_code, told
from dreamc.cli.options import Format, coloured, output, request, source
from dreamc.compiler import Result, emit, resolve


@click.command("compile")
@source
@output
@click.option(
    "-o",
    "--output",
    "directory",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Directory of the bundles.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 and show what would change.")
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited by hand.")
@click.option("-q", "--quiet", is_flag=True, help="Print no summary.")
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
    directory: Path,
    only_check: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Write docker-compose, LiteLLM, catalogue, policy and runbook of every host below DIRECTORY."""
    result = resolve(request(file, overlay, today))
    found = told(result, "json" if as_json else format_, coloured(plain), err=True)
    if result.stack is None or exit_code(found, strict):
        click.echo("dreamc: nothing was written", err=True)
        ctx.exit(1)
    bundles = emit(result.stack)
    if only_check:
        ctx.exit(_differences(bundles, directory))
    _write(bundles, directory, force)
    if not quiet:
        _summary(result, bundles, directory)


def _differences(bundles: tuple[Bundle, ...], directory: Path) -> int:
    found = compare(bundles, directory)
    for one in found:
        click.echo(f"{one.kind}: {one.path}")
        if one.diff:
            click.echo(one.diff)
    if found:
        click.echo(f"dreamc: {len(found)} file(s) of {directory} are not what the source says", err=True)
    return 1 if found else 0


def _write(bundles: tuple[Bundle, ...], directory: Path, force: bool) -> None:
    done = write(bundles, directory, overwrite=force)
    if isinstance(done, Conflicts):
        for item in done.items:
            click.echo(f"conflict: {item.path}: {item.reason}", err=True)
            if item.diff:
                click.echo(item.diff, err=True)
        final = all(item.final for item in done.items)
        click.echo("dreamc: nothing was written" + ("" if final else "; --force overwrites edited files"), err=True)
        raise click.exceptions.Exit(1)


def _summary(result: Result, bundles: tuple[Bundle, ...], directory: Path) -> None:
    from dreamc.cli.summary import summary

    assert result.stack is not None
    click.echo(summary(result.stack, bundles, directory))
