"""`dreamc cost break-even`: from how many requests a day the own card, a rented GPU or the API is cheapest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli import cost_asked
from dreamc.cli.options import request, source
from dreamc.errors import DreamError

if TYPE_CHECKING:
    from datetime import date

    from dreamc.cost.compared import Cloud, Offer
    from dreamc.cost.local import Server
    from dreamc.cost.prices import Compared
    from dreamc.cost.types import Traffic
    from dreamc.stack.types import Local, Stack

NO_CLOUD = "no cloud model is compared"


@click.command("break-even")
@source
@cost_asked.machine
@click.option(
    "--compare",
    default="",
    metavar="NAME",
    help="The cloud model: a name in the file, or KIND:ID such as together:Qwen/Qwen2.5-7B-Instruct-Turbo. "
    "Default: the cheapest of the file.",
)
@click.option("--rent", default=None, metavar="PRICE", help="Of a rented GPU like the own one, such as '0.40 USD/h'.")
@click.option("--upto", type=cost_asked.Number(0, 1e9, min_open=True), metavar="N", help="Most requests per day.")
@click.option(
    "-o",
    "chart",
    type=cost_asked.Picture(path_type=Path),
    default=None,
    metavar="FILE",
    help="Draw it: a name that ends in .svg or .png.",
)
@click.pass_context
def command(
    ctx: click.Context, file: Path, overlay: str | None, today: str | None, model: str, prefill: float | None,
    decode: float | None, metrics: str | None, watch: float, per_day: float | None, read: float | None,
    written: float | None, currency: str, as_json: bool, compare: str, rent: str | None, upto: float | None,
    chart: Path | None,
) -> None:  # fmt: skip
    """Compare what a month costs, over requests per day: the own card, the same card rented, and an API.

    Power, tariff, machine, speed and traffic come from `costs:` of dream.yaml; the speed can be measured by --metrics,
    the rent is that of known offers or --rent. Where the cheapest way changes is solved, not searched.
    """
    from msgspec import to_builtins

    from dreamc.cli import cost_break_even_text as say
    from dreamc.cli.deciding import as_json as json_of
    from dreamc.cli.findings import whole
    from dreamc.cost import chart as picture
    from dreamc.cost import compared

    wanted = request(file, overlay, today)
    stack = whole(ctx, wanted, "a file with errors is not compiled, so nothing of it can be compared").stack
    local = cost_asked.model(stack, model)
    traffic = cost_asked.traffic(stack, per_day, read, written)
    if traffic is None:
        raise DreamError("how long requests and answers are, is not known", "", cost_asked.TRAFFIC)
    server = cost_asked.server(stack, local, currency, cost_asked.speeds(prefill, decode, metrics, watch))
    offer, renting = _offer(stack, server, rent)
    cloud, caveat = _cloud(stack, local, server, traffic, compare, wanted.today)
    _within(server, traffic, upto)
    found = compared.compare(server, traffic, offer, cloud, upto)
    told = (*renting, *caveat, *say.ASSUMED)
    click.echo(json_of({"server": server, **to_builtins(found), "assumed": [*server.assumed, *told]})
               if as_json else "\n".join(say.lines(found, server, traffic, told)))  # fmt: skip
    if chart is not None:
        picture.write(compared.chart(found, say.note(found, server)), chart)
        click.echo(f"dreamc: wrote {chart.as_posix()}", err=True)


def _within(server: Server, traffic: Traffic, upto: float | None) -> None:
    from dreamc.cost.compared import FURTHEST, furthest
    from dreamc.cost.local import mean_tokens

    most = furthest(server, mean_tokens(traffic))
    if max(upto or 0, traffic.per_day) > most:
        what = f"more than {most:,.0f} requests a day would take more than {FURTHEST} such servers"
        raise click.BadParameter(what, param_hint="--upto" if upto and upto > most else "--requests-per-day")


def _offer(stack: Stack, server: Server, rent: str | None) -> tuple[Offer | None, tuple[str, ...]]:
    """A rented GPU like the own one, and what to know about its price."""
    from dreamc.cost.compared import Offer
    from dreamc.knowledge.rentals import rental

    if rent is not None:
        price = _rent(stack, rent, server.currency)
        return Offer(price, price, price, f"{rent}, as asked"), ()
    if server.rented:
        price = server.machine / max(server.gpus, 1)
        return Offer(price, price, price, "the rent of the file"), ()
    known = rental(server.card)
    if known is None:
        return None, (
            f"no rented GPU: no offer of '{server.card or 'a GPU'}' is known; say one with --rent '0.40 USD/h'",
        )
    rate = _converted(stack, 1.0, "USD", server.currency)
    elsewhere = f" ({known.low:g} to {known.high:g} elsewhere)" if known.low < known.high else ""
    range_ = f"{known.offer}, {known.usual:g} USD per GPU and hour{elsewhere}"
    told = f"rent: {range_}; offers of {known.seen}, {known.source}"
    return Offer(known.low * rate, known.usual * rate, known.high * rate, range_), (told,)


def _rent(stack: Stack, text: str, currency: str) -> float:
    from pydantic import TypeAdapter, ValidationError

    from dreamc.document.rates import Rent

    try:
        stated = TypeAdapter(Rent).validate_python(text)
    except ValidationError as error:
        found = error.errors()[0]
        advice = found.get("ctx", {}).get("help", "")
        told = found["msg"] if advice in found["msg"] else f"{found['msg']}; {advice}"
        raise click.BadParameter(told, param_hint="--rent") from None
    return _converted(stack, float(stated.amount), stated.currency, currency)


def _converted(stack: Stack, value: float, currency: str, wanted: str) -> float:
    from dreamc.stack.costs import Costs, Sum

    found = (stack.costs or Costs()).amount_in(Sum(value, currency), wanted)
    if found is None:
        remedy = "state costs: {exchange: {EUR: 1.08 USD}}, with the rate of the day"
        raise DreamError(f"what {currency} is in {wanted} is not stated", "", remedy)
    return found


def _cloud(
    stack: Stack, local: Local, server: Server, traffic: Traffic, name: str, today: date
) -> tuple[Cloud | None, tuple[str, ...]]:
    """The cloud model that is compared, and how far it can be."""
    from dreamc.cost.compared import Cloud
    from dreamc.cost.prices import long_prompts, mean_usd, same_weights

    found = _named(stack, name, today) if name else _cheapest(stack, traffic, today)
    if found is None or found.price is None:
        return None, (NO_CLOUD + ": none of the file has a price per token; name one with --compare KIND:ID",)
    each = _converted(stack, mean_usd(found.price, traffic), "USD", server.currency)
    long = long_prompts(found.price)
    label = f"{found.id}, {found.price.input:f} USD in and {found.price.output:f} out per million tokens"
    label += f" ({long})" if long else ""
    caveat = (
        f"'{local.name}' and {found.id} have the same weights, but for quantisation: like is compared with like"
        if same_weights(local.source, found.id)
        else f"'{local.name}' ({local.source}) and {found.id} are different models: only money is compared here. It "
        f"means something where '{local.name}' does the work as well; --compare names a model of the same capability"
    )
    source = {"file": "dream.yaml", "table": "our price table", "genai-prices": "genai-prices"}[found.counts]
    return Cloud(found.name, each, label), (caveat, f"API: {label}; price from {source}, nothing read from a cache")


def _named(stack: Stack, name: str, today: date) -> Compared:
    """A model of the file, or one of the tables as KIND:ID."""
    from dreamc.cost.prices import of_file, of_table
    from dreamc.knowledge.nearest import nearest
    from dreamc.knowledge.prices import KINDS, cloud_model, nearest_cloud_models

    models = of_file(stack, today)
    found = next((one for one in models if one.name == name), None)
    kind, _, model_id = name.partition(":")
    if found is None and kind in KINDS:
        found = of_table(kind, model_id, today)
    if found is None or (found.price is None and cloud_model(found.kind, found.id) is None):
        close = (
            nearest(name, tuple(one.name for one in models), 1)
            if found is None
            else nearest_cloud_models(kind, model_id)
        )
        advice = f"did you mean {' or '.join(close)}?" if close else "name one of the file, or KIND:ID"
        raise click.BadParameter(f"no price of '{name}' is known; {advice}", param_hint="--compare")
    if found.price is None:
        raise click.BadParameter(f"'{name}' has no price per token", param_hint="--compare")
    return found


def _cheapest(stack: Stack, traffic: Traffic, today: date) -> Compared | None:
    """Of the file's cloud models that answer chats, for this traffic."""
    from dreamc.cost.prices import mean_usd, of_file

    chats = {one.name for one in stack.clouds if one.task == "generate"}
    priced = [(one, one.price) for one in of_file(stack, today) if one.price and one.name in chats]
    return min(priced, key=lambda pair: mean_usd(pair[1], traffic), default=(None, None))[0]
