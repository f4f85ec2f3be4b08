"""What tokens of an own or a rented machine cost: power, tariff, machine and speed to money per million tokens.

A server works on prompts and answers in turn, so a token takes `1 / speed` of its seconds. Of an hour at utilisation
`u` (the share of time in which it works) it costs

    hour(u) = machine + tariff * (idle + u * (busy - idle)) / 1000

with `machine` the rent, or price / lifetime, per hour, and powers in watts. A second of work therefore costs

    second(u) = (machine + tariff * idle / 1000) / (3600 * u)  +  tariff * (busy - idle) / 3.6e6
                what runs anyhow, spread over the work            what only the work takes

and a million tokens `1e6 / speed * second(u)`: what all tokens of an hour cost adds up to `hour(u)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from dreamc.cost.types import Amount, Traffic

UTILISATIONS = (0.05, 0.25, 0.5, 1.0)
"""Shares of an hour for which a table of costs is given."""
DAY = 86400.0
"""Seconds."""


class Figure(Struct, frozen=True):
    """A number and the band it lies in (`low == high == value` where it is stated or measured), and who says so."""

    value: float
    low: float
    high: float
    source: str


class Server(Struct, frozen=True):
    """One running server of a local model on one machine, with that machine to itself.

    `prefill` and `decode` in tokens per second of the whole server under load; `busy` and `idle` in watts; `tariff` per
    kWh and `machine` per hour in `currency`. Rented: `machine` is the rent, power is in it, and the tariff is 0.
    """

    model: str
    host: str
    card: str
    gpus: int
    prefill: Figure
    decode: Figure
    busy: Figure
    idle: Figure
    tariff: float
    machine: float
    rented: bool
    currency: str
    assumed: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    """Costs at one load: `servers` as busy as `utilisation` says answer `per_day` requests in all.

    `hour` is of one server; `input` and `output` are per million tokens, `request` of a mean request (None: of none).
    """

    name: str
    utilisation: float
    servers: int
    per_day: float
    hour: Amount
    input: Amount
    output: Amount
    request: Amount | None


class Plain(NamedTuple):
    """A server without bands, in the units of Server."""

    prefill: float
    decode: float
    busy: float
    idle: float
    tariff: float
    machine: float


def exact(value: float, source: str) -> Figure:
    """A stated or measured number."""
    return Figure(value, value, value, source)


def plain(server: Server) -> Plain:
    """What is most likely."""
    return Plain(
        server.prefill.value, server.decode.value, server.busy.value, server.idle.value, server.tariff, server.machine
    )  # fmt: skip


def corners(server: Server) -> tuple[Plain, Plain]:
    """The cheapest and the dearest server in the bands: every cost falls with speeds and rises with powers."""
    fixed = (server.tariff, server.machine)
    return (
        Plain(server.prefill.high, server.decode.high, server.busy.low, server.idle.low, *fixed),
        Plain(server.prefill.low, server.decode.low, server.busy.high, server.idle.high, *fixed),
    )


def mean_tokens(traffic: Traffic) -> tuple[float, float]:
    """Mean input and output tokens of a request."""
    return sum(one.share * one.input for one in traffic.kinds), sum(one.share * one.output for one in traffic.kinds)


def seconds(server: Plain, tokens: tuple[float, float]) -> float:
    """Of the server's time that a request of (input, output) tokens takes."""
    return tokens[0] / server.prefill + tokens[1] / server.decode


def hour(server: Plain, utilisation: float) -> float:
    """What an hour of the server costs."""
    return server.machine + server.tariff * (server.idle + utilisation * (server.busy - server.idle)) / 1000


def second(server: Plain, utilisation: float) -> float:
    """What a second of its work costs; `utilisation` above 0 and at most 1."""
    return hour(server, utilisation) / (3600 * utilisation)


def load(server: Plain, per_day: float, tokens: tuple[float, float]) -> tuple[int, float]:
    """How many such servers these requests need, and how busy each is then."""
    work = per_day * seconds(server, tokens) / DAY
    servers = max(math.ceil(work - 1e-12), 1)
    return servers, work / servers


def row(server: Server, utilisation: float, tokens: tuple[float, float] | None = None) -> Row:
    """Costs of one server that works this share of the time."""
    per_day = utilisation * DAY / seconds(plain(server), tokens) if tokens and sum(tokens) else 0.0
    return _row(server, f"at {utilisation:.0%}", 1, per_day, lambda _: utilisation, tokens)


def row_of(server: Server, per_day: float, tokens: tuple[float, float]) -> Row | None:
    """Costs under that traffic, with as many servers as it needs; None where there is no traffic."""
    if per_day <= 0 or sum(tokens) <= 0:
        return None
    servers, _ = load(plain(server), per_day, tokens)
    return _row(
        server, "stated traffic", servers, per_day, lambda one: load(one, per_day, tokens)[1], tokens
    )  # fmt: skip


def table(server: Server, traffic: Traffic | None) -> tuple[Row, ...]:
    """Costs at 5, 25, 50 and 100 %, and under the traffic where it is known."""
    tokens = mean_tokens(traffic) if traffic else None
    rows = [row(server, share, tokens) for share in UTILISATIONS]
    stated = row_of(server, traffic.per_day, tokens) if traffic and tokens else None
    return (*rows, stated) if stated else tuple(rows)


def amount(server: Server, cost: Callable[[Plain], float]) -> Amount:
    """A cost with the band that the server's figures give it."""
    cheap, dear = corners(server)
    return Amount(cost(plain(server)), server.currency, cost(cheap), cost(dear))


def _row(
    server: Server, name: str, servers: int, per_day: float, share: Callable[[Plain], float],
    tokens: tuple[float, float] | None,
) -> Row:  # fmt: skip
    def of(cost: Callable[[Plain, float], float]) -> Amount:
        return amount(server, lambda one: cost(one, share(one)))

    asked = tokens or (0.0, 0.0)
    return Row(
        name=name,
        utilisation=share(plain(server)),
        servers=servers,
        per_day=per_day,
        hour=of(hour),
        input=of(lambda one, busy: 1e6 / one.prefill * second(one, busy)),
        output=of(lambda one, busy: 1e6 / one.decode * second(one, busy)),
        request=of(lambda one, busy: seconds(one, asked) * second(one, busy)) if tokens else None,
    )
