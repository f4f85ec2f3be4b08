"""`dreamc route`: one request, and who answered it at what cost; or, dry, who would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamc.cli import deciding
from dreamc.cli.loading import load
from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.client import Answer
    from dreamc.compiler import Request

LEARN = "learn"
URL = "DREAM_GATEWAY_URL"
KEY = "DREAM_GATEWAY_KEY"


class _Route(click.Command):
    """A prompt; but `learn` as the first word is a verb of its own, unless `--` stands before it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] != [LEARN] or extra.get("resilient_parsing"):
            return super().make_context(info_name, args, parent, **extra)
        learn: click.Command = load("dreamc.cli.route_learn").command
        return learn.make_context(f"{info_name} {LEARN}", args[1:], parent, **extra)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), f"| {LEARN} ..."]


@click.command("route", cls=_Route)
@click.argument("prompt")
@source
@click.option("--action", default=None, help="The kind of action (`metadata.action_type`).")
@click.option("--alias", default="", metavar="NAME", help="The name to ask for. Default: auto; dry: the routed chain.")
@click.option(
    "--gateway", default="http://127.0.0.1:4000", envvar=URL, show_envvar=True, show_default=True, metavar="URL",
    help="The gateway to ask.",
)  # fmt: skip
@click.option("--quality-check", is_flag=True, help="Have the answer checked, whatever the chain.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=None, help="Longest answer.")
@click.option("--timeout", type=click.FloatRange(min=1), default=600.0, help="Seconds to wait for the answer.")
@click.option("--force", type=click.Choice(("local", "cloud")), default=None, help="Where it is answered, or nowhere.")
@click.option("--max-cost", default=None, metavar="USD", help="The most that it may cost, such as 0.01.")
@click.option("--dry", is_flag=True, help="Decide with the file, and ask nobody.")
@click.option("--budget-left", default=None, metavar="USD", help="Dry: what is left of the budget, such as 0.")
@click.option("--score", type=deciding.SCORE, default=None, help="Dry: the complexity score. Default: the prompt's.")
@click.option(
    "--mode",
    type=click.Choice(("cloud", "local", "hybrid")),
    default=None,
    envvar="DREAMC_MODE",
    show_envvar=True,
    help="Dry: the mode.",
)
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
def command(
    prompt: str, file: Path, overlay: str | None, today: str | None, dry: bool, as_json: bool,
    **asked: Any,
) -> None:  # fmt: skip
    """Ask a running gateway once, with the key of DREAM_GATEWAY_KEY, and print answer, tier, model, cost and latency.

    With --dry nobody is asked: the policy of dream.yaml decides here, with the code that decides in the gateway.

    dreamc route learn LOGS sets routing: actions: by what became of your own requests: dreamc route learn --help. The
    prompt "learn" itself goes behind two dashes: dreamc route -- learn.
    """
    if dry:
        return _dry(click.get_current_context(), request(file, overlay, today), prompt, as_json, asked)
    answer = _asked(prompt, asked)
    click.echo(deciding.as_json(_facts(answer)) if as_json else _said(answer))
    return None


def _dry(ctx: click.Context, wanted: Request, prompt: str, as_json: bool, asked: dict[str, Any]) -> None:
    from dreamc.explain import text
    from dreamc.explain.route import Question

    question = Question(
        asked["alias"], prompt, asked["action"], None, deciding.usd(asked["budget_left"]), asked["mode"] or "",
        asked["force"], deciding.usd(asked["max_cost"], "--max-cost"), asked["score"],
    )  # fmt: skip
    found = deciding.decided(ctx, wanted, question)
    click.echo(deciding.as_json(found) if as_json else text.route(found))
    if found.status != 200:
        ctx.exit(1)


def _asked(prompt: str, asked: dict[str, Any]) -> Answer:
    """Raises GatewayError, which the command line says."""
    from dreamc.client import Router

    if not os.environ.get(KEY):
        click.echo(f"dreamc: {KEY} is not set; the gateway will want a key", err=True)
    extra = {"max_tokens": asked["max_tokens"]} if asked["max_tokens"] else {}
    wishes = {
        "quality_check": asked["quality_check"],
        "force_local": asked["force"] == "local",
        "force_cloud": asked["force"] == "cloud",
        "max_cost_usd": deciding.usd(asked["max_cost"], "--max-cost"),
    }
    if metadata := {name: wish for name, wish in wishes.items() if wish is not None and wish is not False}:
        extra["metadata"] = metadata
    try:
        made = Router(asked["gateway"], timeout=asked["timeout"])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--gateway") from None
    with made as router:
        return router.route(prompt, asked["action"], alias=asked["alias"] or None, **extra)


def _said(answer: Answer) -> str:
    stats = answer.stats
    cost = "unknown" if stats.cost is None else f"${stats.cost:.6f}"
    rows = (
        ("Tier", stats.tier or "none: a plain chain"),
        ("Model", stats.model or "unknown"),
        ("Cost", cost),
        ("Latency", f"{stats.latency_s * 1000:.0f}ms"),
        ("Reason", stats.reason),
        ("Attempts", str(stats.attempts)),
        ("Quality", "" if stats.quality is None else f"{stats.quality:.2f}"),
    )
    lines = (f"{name}: {value}" for name, value in rows if value)
    return "\n".join(("=== Response ===", str(answer), "", "=== Routing ===", *lines))


def _facts(answer: Answer) -> dict[str, object]:
    from dataclasses import asdict

    return {"response": str(answer), **asdict(answer.stats)}
