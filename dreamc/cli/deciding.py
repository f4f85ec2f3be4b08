"""What `explain` and `route` share: the file compiled in memory, one decided request, and how both are said."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

import click
from msgspec import to_builtins

if TYPE_CHECKING:
    from dreamc.compiler import Request
    from dreamc.explain.route import Question, Route
    from dreamc.explain.types import Scene, Unknown
    from dreamc.spec import Dream


def decided(ctx: click.Context, wanted: Request, question: Question) -> Route:
    """What the gateway would do with a request. Ends the command where there is no such name."""
    from dreamc.explain.route import explain
    from dreamc.explain.types import Unknown

    _, found_scene = scene(ctx, wanted)
    found = explain(found_scene, question)
    if isinstance(found, Unknown):
        unknown(ctx, found)
    return found


SCORE = click.FloatRange(0, 1)


def usd(given: str | None, option: str = "--budget-left") -> float | None:
    """`0`, `2.50` or `2.50 USD`."""
    if given is None:
        return None
    try:
        return float(Decimal(given.upper().removesuffix("USD").strip()))
    except ArithmeticError:
        raise click.BadParameter(f"'{given}' is not an amount such as 0 or 2.50", param_hint=option) from None


def scene(ctx: click.Context, wanted: Request) -> tuple[Dream, Scene]:
    """The file, compiled in memory."""
    from dreamc.cli.findings import whole
    from dreamc.compiler import emit
    from dreamc.explain.types import Scene

    found = whole(ctx, wanted, "a file with errors is not compiled, so there is nothing to explain")
    return found.dream, Scene(found.stack, found.document, emit(found.stack))


def unknown(ctx: click.Context, found: Unknown) -> NoReturn:
    """Says what there is instead, and ends the command."""
    click.echo(f"dreamc: {found.what}", err=True)
    if found.near:
        click.echo("  did you mean " + "\n            or ".join(found.near), err=True)
    ctx.exit(1)


def as_json(value: object) -> str:
    return json.dumps(to_builtins(value, enc_hook=str), indent=2, ensure_ascii=False)
