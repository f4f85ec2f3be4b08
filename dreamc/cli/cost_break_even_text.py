"""What `dreamc cost break-even` prints."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.cli.cost_estimate_text import table
from dreamc.cli.cost_local import assumptions, described, figure, money
from dreamc.cost.break_even import DAYS, Stretch
from dreamc.cost.compared import Comparison, Point, shortened
from dreamc.cost.local import Server
from dreamc.cost.types import Traffic

MOST = 12
"""Rows of the table of stretches."""
ASSUMED = (
    f"a month of {DAYS} days; requests come evenly, and are answered whenever they come",
    "rented day and night, or own: one server until it is full, then one more of the same, and so on",
    "rented by the hour: the work of a day waits for its hours, whole ones; nobody is answered in between",
    "a rented GPU is as fast as the own one; storage, traffic and taxes are not counted",
)


def lines(found: Comparison, server: Server, traffic: Traffic, told: tuple[str, ...]) -> Iterator[str]:
    """Everything for a terminal."""
    yield from described(server)
    yield f"  traffic: {found.tokens[0]:,.0f} tokens in and {found.tokens[1]:,.0f} out per request; {traffic.source}"
    yield ""
    yield f"Cheapest that answers at once, 0 to {found.looked:,.0f} requests a day, {found.currency} per month:"
    yield from table([("requests/day", "way", "costs"), *_stretches(found)], left=2)
    if len(found.stretches) > MOST:
        yield f"  ({len(found.stretches)} stretches in all; the {MOST} widest are shown, --json has every one)"
    yield ""
    yield "From how many requests a day it first pays; where one of the two needs another unit, that can turn again:"
    yield from table([("way", "against", "requests/day"), *(_point(one, found.looked) for one in found.points)], left=2)
    yield ""
    yield f"{found.currency} per month:"
    head = ("requests/day", *(one.way.name for one in found.choices))
    yield from table(
        [head, *((f"{row.per_day:,.6g}", *(money(one) for one in row.costs)) for row in found.table)], left=0
    )
    yield ""
    yield from assumptions(server, told)


def _stretches(found: Comparison) -> Iterator[tuple[str, ...]]:
    for stretch in shortened(found.stretches, MOST):
        yield f"{_load(stretch.low)} to {_load(stretch.high)}", stretch.name, _costs(stretch)


def _costs(stretch: Stretch) -> str:
    if stretch.at_low == stretch.at_high:
        return figure(stretch.at_low)
    return f"{figure(stretch.at_low)} to {figure(stretch.at_high)}"


def _point(point: Point, upto: float) -> tuple[str, ...]:
    if point.per_day is None and point.low is None:
        return point.name, point.other, f"not up to {upto:,.0f}"
    value = f"not up to {upto:,.0f}" if point.per_day is None else _load(point.per_day)
    if point.low == point.high:
        return point.name, point.other, value
    high = f"over {upto:,.0f}" if point.high is None else _load(point.high)
    return point.name, point.other, f"{value} ({_load(point.low or 0.0)} - {high})"


def _load(per_day: float) -> str:
    return f"{per_day:,.0f}" if per_day >= 100 or per_day == int(per_day) else f"{per_day:.3g}"


def note(found: Comparison, server: Server) -> str:
    """The lines below the picture."""
    others = "; ".join(dict.fromkeys(one.label for one in found.choices[1:]))
    speeds = f"{server.prefill.value:,.0f} tok/s in and {server.decode.value:,.0f} out ({server.prefill.source})"
    power = "" if server.rented else (
        f" {server.busy.value:g} W at work, {server.idle.value:g} W at rest,"
        f" {server.tariff:.3g} {server.currency}/kWh, {server.machine:.3g} {server.currency}/h for the machine;"
    )  # fmt: skip
    waits = " By the hour, requests wait; the marks are of what answers at once." if any(
        one.waits for one in found.choices) else ""  # fmt: skip
    return (
        f"{server.model} on {server.host}: {speeds};{power} {others}; a month of {DAYS} days.{waits} The shade "
        "is the band of what was not stated, or of rents. Different models need not be equally able."
    )
