"""`dreamc import`: a dream.yaml out of what people have, and an account of every key."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.findings import exit_code, told
from dreamc.cli.options import coloured, request
from dreamc.errors import DreamError
from dreamc.moving.finish import Wish
from dreamc.moving.recognise import Found

NOTHING = "nothing was written"


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("dream.yaml"),
    show_default=True,
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--gpu", default="", metavar="CARD", help="The machine's GPU, such as rtx-4070 or '2 x h200'.")
@click.option("--name", default="", help="Name of the stack. Default: what the files say.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write what became of every key.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
    help="How the report is written; other than text it goes to standard output without --report.",
)
@click.option("--today", metavar="DATE", default=None, envvar="DREAMC_TODAY", show_envvar=True, help="Default: today.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[Path, ...],
    output: Path,
    force: bool,
    gpu: str,
    name: str,
    report: Path | None,
    format_: str,
    today: str | None,
) -> None:
    """Write a dream.yaml out of llm_config.yaml, providers.yaml, model-mappings.yaml, whitelist.json, LiteLLM and
    compose files, vLLM command lines, .env files, directories of these, or bundles that `dreamc compile` wrote.

    Keys that stand written in a file are never copied; the report names the line. Exits 1 when nothing could be taken
    or `dreamc check` finds errors in what was written.
    """
    from dreamc.inputs import lock
    from dreamc.moving.move import move
    from dreamc.moving.recognise import find
    from dreamc.moving.report import FORMATS, summary

    _room(output, force)
    wanted = request(output, None, today)
    found = find(files)
    _readable(ctx, found)
    moved = move(found, Wish(name, gpu), wanted.today, lock(output, 0)[0])
    click.echo(summary(moved), err=True, nl=False)
    full = FORMATS[format_](moved)
    if report is not None:
        _write(report, full)
    elif format_ != "text":
        click.echo(full.encode("utf-8", "replace"), nl=False)
    if moved.nothing:
        raise DreamError("no key of these files could be taken", NOTHING, "`dreamc import --help` lists what is read")
    _write(output, moved.text)
    for path, text in moved.modules:
        if not (output.parent / path).exists():
            (output.parent / path).parent.mkdir(parents=True, exist_ok=True)
            _write(output.parent / path, text)
    _checked(ctx, output, today, told_in=report)


def _room(output: Path, force: bool) -> None:
    if output.exists() and not force:
        remedy = "name another file with -o, or overwrite it with --force"
        raise DreamError(f"{output} is there already", "it was left as it is", remedy)


def _readable(ctx: click.Context, found: Found) -> None:
    """Mistakes in the sources, each with its caret; a source that cannot be read at all ends the import."""
    from dreamc.diagnostics.render import render
    from dreamc.diagnostics.report import make_report

    if found.findings:
        shown = render(make_report(found.findings, None, found.sources), "text", coloured(False, err=True))
        click.echo(shown, err=True, nl=False)
    if found.broken:
        click.echo(f"dreamc: {NOTHING}: {', '.join(found.broken)} cannot be read", err=True)
        ctx.exit(1)


def _checked(ctx: click.Context, output: Path, today: str | None, told_in: Path | None) -> None:
    """What `dreamc check` says of the file that was written."""
    from dreamc.compiler import resolve

    result = resolve(request(output, None, today))
    found = told(result, "text", coloured(False, err=True), err=True)
    keys = f"every key: {told_in}" if told_in else "every key: --report FILE"
    state = "check finds errors in it" if found.has_errors else "check accepts it"
    click.echo(f"{output} is written; {state}. {keys[0].upper()}{keys[1:]}", err=True)
    ctx.exit(exit_code(found, strict=False))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = "name a file in a folder that is there"
        raise DreamError(f"{path} cannot be written: {error.strerror}", NOTHING, remedy) from None
