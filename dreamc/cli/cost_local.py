"""`dreamc cost local`: what a million tokens of the own machines cost, by how busy they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamc.cli import cost_asked
from dreamc.cli.options import request, source

if TYPE_CHECKING:
    from dreamc.cost.local import Row, Server
    from dreamc.cost.types import Amount


@click.command("local")
@source
@cost_asked.machine
@click.pass_context
def command(
    ctx: click.Context, file: Path, overlay: str | None, today: str | None, model: str, prefill: float | None,
    decode: float | None, metrics: str | None, watch: float, per_day: float | None, read: float | None,
    written: float | None, currency: str, as_json: bool,
) -> None:  # fmt: skip
    """Say what a million input and output tokens of a local model cost at 5, 25, 50 and 100 % of its time busy.

    Power, tariff, machine and speed come from `costs:` of dream.yaml; the speed can be measured with --metrics instead.
    """
    from dreamc.cli.deciding import as_json as json_of
    from dreamc.cli.findings import whole
    from dreamc.cost.local import table

    wanted = request(file, overlay, today)
    stack = whole(ctx, wanted, "a file with errors is not compiled, so nothing of it can be reckoned").stack
    speeds = cost_asked.speeds(prefill, decode, metrics, watch)
    server = cost_asked.server(stack, cost_asked.model(stack, model), currency, speeds)
    rows = table(server, cost_asked.traffic(stack, per_day, read, written))
    click.echo(json_of({"server": server, "rows": rows}) if as_json else "\n".join(_lines(server, rows)))


def _lines(server: Server, rows: tuple[Row, ...]) -> Iterator[str]:
    from dreamc.cli.cost_estimate_text import table

    yield from described(server)
    yield ""
    head = ("", "busy", "requests/day", f"{server.currency}/hour", "per Mtok in", "per Mtok out", "a request")
    yield from table([head, *(_row(row) for row in rows)], indent="")
    yield ""
    yield f"Mtok: a million tokens; money in {server.currency}."
    yield from assumptions(server)


def _row(row: Row) -> tuple[str, ...]:
    name = row.name if row.servers == 1 else f"{row.name}, {row.servers} servers"
    per_day = f"{row.per_day:,.0f}" if row.per_day >= 100 else f"{row.per_day:.3g}" if row.per_day else "-"
    costs = (row.hour, row.input, row.output)
    request = money(row.request) if row.request else "-"
    return name, f"{row.utilisation * 100:.3g} %", per_day, *(money(cost) for cost in costs), request


def described(server: Server) -> Iterator[str]:
    """The server, and where its figures come from."""
    where = f"{server.gpus} x {server.card} of {server.host}" if server.card else server.host
    yield f"{server.model} on {where}: {server.prefill.value:,.6g} tok/s in, {server.decode.value:,.6g} tok/s out"
    yield f"  speeds: {server.prefill.source}"
    if server.rented:
        yield f"  rent: {server.machine:.6g} {server.currency}/h, power included"
        return
    busy, idle = server.busy, server.idle
    yield (
        f"  machine: {server.machine:.4g} {server.currency}/h; power: {busy.value:g} W at work ({busy.source}), "
        f"{idle.value:g} W at rest, at {server.tariff:.4g} {server.currency}/kWh"
    )


def assumptions(server: Server, more: tuple[str, ...] = ()) -> Iterator[str]:
    """What nobody stated, and what every such figure takes for granted."""
    yield "Taken for granted:"
    always = "prompts and answers take turns on the server; both speeds are of the whole server under load"
    yield from (f"  - {line}" for line in (always, *server.assumed, *more))


def money(amount: Amount) -> str:
    """An amount without its currency, and its band where it has one that shows."""
    value, low, high = (figure(one) for one in (amount.value, amount.low, amount.high))
    return value if low == high else f"{value} ({low} - {high})"


def figure(value: float) -> str:
    """Cents from one on, else three digits that count."""
    return f"{value:,.2f}" if value >= 1 or value == 0 else f"{value:.3g}" if value >= 0.0001 else f"{value:.2e}"
