"""`dreamc cost prices`: what tokens of the cloud models cost, who says so, and where the sources differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.cost.prices import Compared


@click.command("prices")
@source
@click.option("--all", "everything", is_flag=True, help="Every model of our price tables, without a file.")
@click.option("--json", "as_json", is_flag=True, envvar="DREAMC_JSON", show_envvar=True, help="Answer as JSON.")
@click.pass_context
def command(
    ctx: click.Context, file: Path, overlay: str | None, today: str | None, everything: bool, as_json: bool
) -> None:
    """Show for each cloud model the price in dream.yaml, that of our table (a copy of LiteLLM's map) and that of
    genai-prices, in US dollars per million tokens.

    The file wins over the table, and the gateway counts no other. For a model that only genai-prices knows, the lines
    to put into dream.yaml are printed. Nothing is fetched.
    """
    from dreamc.cli.deciding import as_json as json_of
    from dreamc.cli.findings import whole
    from dreamc.cost.prices import of_file, shipped, version

    wanted = request(file, overlay, today)
    if everything:
        found = shipped(wanted.today)
    else:
        stack = whole(ctx, wanted, "a file with errors is not compiled, so its prices are not known").stack
        found = of_file(stack, wanted.today)
    if as_json:
        click.echo(json_of({"genai_prices": version(), "day": wanted.today, "models": found}))
        return
    click.echo("\n".join(_lines(found, version(), wanted.today.isoformat())))


def _lines(found: Sequence[Compared], version: str, today: str) -> Iterator[str]:
    from dreamc.cli.cost_estimate_text import table
    from dreamc.cost.prices_text import short

    if not found:
        yield "The file has no cloud model."
        return
    yield f"US dollars per million tokens, in/out; genai-prices {version} on {today}"
    head = ("model", "id", "dream.yaml", "table", "genai-prices", "counts")
    rows = ((_model(one), one.id, short(one.file), short(one.table), _second(one), one.counts) for one in found)
    yield from table([head, *rows], left=len(head), indent="")
    yield from _remarks(found)
    yield from _to_add(found)


def _model(one: Compared) -> str:
    return one.provider if one.name == one.id else f"{one.name}@{one.provider}"


def _second(one: Compared) -> str:
    from dreamc.cost.prices import Seen
    from dreamc.cost.prices_text import short

    return short(one.second.price) if isinstance(one.second, Seen) else "-"


def _remarks(found: Sequence[Compared]) -> Iterator[str]:
    lines = [f"  {one.id}: {line}" for one in found for line in one.differences]
    if lines:
        yield from ("", "Different, ours against theirs:", *lines)
    alone = [f"  {one.id}: {one.second}" for one in found if isinstance(one.second, str)]
    if alone:
        yield from ("", "No second price:", *alone)
    unknown = [f"  {one.id}: state usd_per_mtok: {{input: ..., output: ...}}" for one in found if one.counts == "none"]
    if unknown:
        yield from ("", "No price at all, so no budget can count them:", *unknown)


def _to_add(found: Sequence[Compared]) -> Iterator[str]:
    """Lines of dream.yaml for models whose price only genai-prices knows."""
    from dreamc.cost.prices import Seen, money

    alone = [(one, one.second.price) for one in found if one.counts == "genai-prices" and isinstance(one.second, Seen)]
    if not alone:
        return
    yield from ("", "Only genai-prices has a price of these. The gateway counts it once it stands in dream.yaml:", "")
    yield "providers:"
    for provider in dict.fromkeys(one.provider for one, _ in alone):
        yield f"  {provider}:"
        yield "    models:"
        for one, price in alone:
            if one.provider == provider:
                rates = f"{{input: {money(price.input)}, output: {money(price.output)}}}"
                id_ = "" if one.name == one.id else f"id: {one.id}, "
                yield f"      {one.name}: {{{id_}usd_per_mtok: {rates}}}"
