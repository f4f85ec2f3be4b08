"""`dreamc check`: everything wrong in the file."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.findings import exit_code, told
from dreamc.cli.options import Format, coloured, output, request, shown_as, source
from dreamc.compiler import resolve


@click.command("check")
@source
@output
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
) -> None:
    """Say everything that is wrong with the file, and run its own tests. Exits 1 when there are errors."""
    result = resolve(request(file, overlay, today))
    chosen = shown_as(ctx, format_, as_json)
    found = told(result, chosen, coloured(plain))
    if chosen == "text" and not quiet and result.stack is not None:
        stack = result.stack
        tests = len(result.dream.tests) if result.dream else 0
        click.echo(
            f"{file.as_posix()}: {len(stack.locals)} local and {_counted(len(stack.clouds), 'cloud model')}, "
            f"{_counted(len(stack.aliases), 'name')} for clients, modes {', '.join(one.mode for one in stack.modes)}"
            + (f", {_counted(tests, 'test')}" if tests else ""),
            err=True,
        )
    ctx.exit(exit_code(found, strict))


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
