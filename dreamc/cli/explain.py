"""`dreamc explain`: a diagnostic code, an emitted value, or a route."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamc.cli import deciding
from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.compiler import Request
    from dreamc.explain.types import Origin, Scene, Spot
    from dreamc.spec import Dream

SECONDS = 1.5
"""How long the last resort may try."""


@click.command("explain")
@click.argument("things", nargs=-1, metavar="THING…")
@source
@click.option("--list", "listing", is_flag=True, help="List all diagnostic codes.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
@click.option("--prompt", default="", help="Route: the prompt.")
@click.option("--action", default=None, help="Route: the kind of action (`metadata.action_type`).")
@click.option("--tokens", type=click.IntRange(min=1), default=None, help="Route: tokens of prompt and context.")
@click.option("--budget-left", default=None, metavar="USD", help="Route: what is left of the budget, such as 0.")
@click.option("--score", type=deciding.SCORE, default=None, help="Route: the complexity score. Default: the prompt's.")
@click.option(
    "--mode",
    type=click.Choice(("cloud", "local", "hybrid")),
    default=None,
    envvar="DREAMC_MODE",
    show_envvar=True,
    help="Route: the mode.",
)
def command(
    things: tuple[str, ...], file: Path, overlay: str | None, today: str | None, listing: bool,
    as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Say where something comes from.

    THING is a diagnostic code (DRM301), an emitted value
    (gpu01/docker-compose.hybrid.yml:services.vllm-qwen.command[--max-model-len]), or `route` and a name that clients
    ask for (route auto --action edit_file --tokens 9000 --budget-left 0).
    """
    ctx = click.get_current_context()
    if listing:
        return _list(as_json)
    if not things:
        raise click.UsageError("say what to explain: a code, host/file:place, or route NAME")
    if things[0] == "route":
        return _route(ctx, request(file, overlay, today), things[1:], as_json, asked)
    if len(things) > 1:
        raise click.UsageError("one thing at a time; put quotes around a place that holds spaces")
    from dreamc.explain.code import is_code

    if is_code(things[0]):
        return _code(ctx, things[0], as_json)
    return _value(ctx, request(file, overlay, today), things[0], as_json)


def _list(as_json: bool) -> None:
    from dreamc.diagnostics.codes import codes

    if as_json:
        click.echo(deciding.as_json(list(codes().values())))
    else:
        click.echo("\n".join(f"{one.code}  {one.severity:<7}  {one.title}" for one in codes().values()))


def _code(ctx: click.Context, thing: str, as_json: bool) -> None:
    from dreamc.explain.code import explain
    from dreamc.explain.types import Unknown

    found = explain(thing)
    if isinstance(found, Unknown):
        deciding.unknown(ctx, found)
    else:
        click.echo(
            deciding.as_json(found) if as_json else f"{found.code}: {found.severity}: {found.title}\n\n{found.explain}"
        )


def _value(ctx: click.Context, wanted: Request, thing: str, as_json: bool) -> None:
    from dreamc.explain import text
    from dreamc.explain.types import Unknown
    from dreamc.explain.value import explain

    dream, scene = deciding.scene(ctx, wanted)
    found = explain(scene, thing, lambda place: _experiment(dream, scene, wanted, place))
    if isinstance(found, Unknown):
        deciding.unknown(ctx, found)
    else:
        click.echo(deciding.as_json(found) if as_json else text.value(found))


def _route(ctx: click.Context, wanted: Request, names: tuple[str, ...], as_json: bool, asked: dict[str, Any]) -> None:
    from dreamc.explain import text
    from dreamc.explain.route import Question

    if len(names) > 1:
        raise click.UsageError("name one alias; put quotes around the prompt")
    left = deciding.usd(asked["budget_left"])
    question = Question(
        "".join(names), asked["prompt"], asked["action"], asked["tokens"], left, asked["mode"] or "",
        score=asked["score"],
    )  # fmt: skip
    found = deciding.decided(ctx, wanted, question)
    click.echo(deciding.as_json(found) if as_json else text.route(found))


def _experiment(dream: Dream, scene: Scene, wanted: Request, place: Spot) -> tuple[tuple[Origin, ...], str]:
    from dreamc.explain.experiment import Lab, depends
    from dreamc.inputs import configs
    from dreamc.stack.inputs import Inputs

    files, _ = configs(dream, wanted.file.parent)
    inputs = Inputs(wanted.today, scene.stack.input_sha256, files)
    end = time.monotonic() + SECONDS
    return depends(Lab(scene.document, inputs, lambda: time.monotonic() < end), place)
