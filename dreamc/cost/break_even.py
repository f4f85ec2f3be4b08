"""When the own card, a rented GPU or the API is cheapest: cost of a month over requests per day, and where they cross.

Every way is a staircase of straight lines: `units * fixed + requests of the month * each`, where as many units are
taken as the requests need. Between two stairs all are straight, so crossings are solved, not searched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Literal

from msgspec import Struct

from dreamc.cost.local import DAY, Plain, hour, seconds

DAYS = 30
"""Of a month."""
MOST_STAIRS = 20_000
"""Stairs of one way that are looked at."""
SAME = 1e-12
"""Relative; so much may be lost in a division."""


class Way(Struct, frozen=True):
    """One way to have requests answered. `fixed` is what a unit (a server; an hour a day) costs per month whatever it
    does, `each` what a request costs on top; a unit answers at most `capacity` requests per day (None: any number).
    `least` units are paid for without any request."""

    name: str
    fixed: float
    each: float
    capacity: float | None
    least: int


class Stretch(Struct, frozen=True):
    """From `low` to `high` requests per day (high included) the way `name` is cheapest; money per month there."""

    low: float
    high: float
    name: str
    at_low: float
    at_high: float


class Crossing(Struct, frozen=True):
    """At `per_day` requests `after` begins to be cheaper than `before`. Money per month right above that point.

    `meet`: both cost the same there. `stair`: one of them needs another unit, and costs jump.
    """

    per_day: float
    before: str
    after: str
    kind: Literal["meet", "stair"]
    before_costs: float
    after_costs: float


def own(name: str, server: Plain, tokens: tuple[float, float]) -> Way:
    """An own card, or a machine rented by the month: it costs while it waits, and more servers are added when one is
    full."""
    take = seconds(server, tokens)
    work = server.tariff * (server.busy - server.idle) / 1000 * take / 3600
    return Way(name, hour(server, 0) * 24 * DAYS, work, DAY / take, 1)


def all_day(name: str, rent: float, server: Plain, tokens: tuple[float, float]) -> Way:
    """A rented GPU (money per hour, power included) that runs day and night."""
    return Way(name, rent * 24 * DAYS, 0.0, DAY / seconds(server, tokens), 1)


def by_the_hour(name: str, rent: float, server: Plain, tokens: tuple[float, float]) -> Way:
    """A rented GPU that runs for whole hours: as many a day as the work of the day fills."""
    return Way(name, rent * DAYS, 0.0, 3600 / seconds(server, tokens), 0)


def api(name: str, each: float) -> Way:
    """A cloud model that asks `each` for a mean request."""
    return Way(name, 0.0, each, None, 0)


def units(way: Way, per_day: float) -> int:
    """How many are paid for at that many requests per day."""
    if way.capacity is None:
        return way.least
    return max(math.ceil(per_day / way.capacity * (1 - SAME)), way.least)


def month(way: Way, per_day: float) -> float:
    """What a month costs at that many requests per day."""
    return units(way, per_day) * way.fixed + per_day * DAYS * way.each


def stretches(ways: Sequence[Way], upto: float) -> tuple[Stretch, ...]:
    """Who is cheapest from 0 to `upto` requests per day; of equals the first of `ways`."""
    found: list[Stretch] = []
    for low, high, way in _pieces(ways, upto):
        taken = units(way, (low + high) / 2)
        start, end = _line(way, taken, low), _line(way, taken, high)
        if found and found[-1].name == way.name:
            found[-1] = Stretch(found[-1].low, high, way.name, found[-1].at_low, end)
        else:
            found.append(Stretch(low, high, way.name, start, end))
    return tuple(found)


def crossings(ways: Sequence[Way], upto: float) -> tuple[Crossing, ...]:
    """Where the cheapest way changes, in order."""
    found: list[Crossing] = []
    for (_, _, before), (low, high, after) in pairwise(_pieces(ways, upto)):
        if before is not after:
            middle = (low + high) / 2
            one, two = (_line(way, units(way, middle), low) for way in (before, after))
            meet = math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-12)
            found.append(Crossing(low, before.name, after.name, "meet" if meet else "stair", one, two))
    return tuple(found)


def _pieces(ways: Sequence[Way], upto: float) -> Iterator[tuple[float, float, Way]]:
    """From, to, and who is cheapest between: nobody climbs and nobody crosses there."""
    for low, high in pairwise(_cuts(ways, upto)):
        costs = [month(way, (low + high) / 2) for way in ways]
        yield low, high, ways[costs.index(min(costs))]


def first_below(way: Way, other: Way, upto: float) -> float | None:
    """The least requests per day from which `way` costs no more than `other`; None: nowhere up to `upto`."""
    return next((stretch.low for stretch in stretches((way, other), upto) if stretch.name == way.name), None)


def stairs(way: Way, upto: float) -> tuple[float, ...]:
    """Requests per day above which another unit is needed, below `upto`."""
    if way.capacity is None or not way.fixed:
        return ()
    first = max(way.least, 0)
    last = min(math.ceil(upto / way.capacity), first + MOST_STAIRS)
    return tuple(count * way.capacity for count in range(first, last) if count * way.capacity < upto)


def outline(way: Way, upto: float) -> tuple[tuple[float, float], ...]:
    """The staircase as points (requests per day, money per month), both ends of every stair among them."""
    edges = (0.0, *(edge for edge in stairs(way, upto) if edge), upto)
    points: list[tuple[float, float]] = []
    for low, high in pairwise(edges):
        taken = units(way, (low + high) / 2)
        points += [(low, _line(way, taken, low)), (high, _line(way, taken, high))]
    return tuple(points)


def _line(way: Way, taken: int, per_day: float) -> float:
    return taken * way.fixed + per_day * DAYS * way.each


def _cuts(ways: Sequence[Way], upto: float) -> list[float]:
    """Ends of stretches on which nobody climbs and nobody crosses."""
    edges = sorted({0.0, upto, *(edge for way in ways for edge in stairs(way, upto))})
    cuts = {point for low, high in pairwise(edges) for point in _meetings(ways, low, high)}
    return sorted({*edges, *cuts})


def _meetings(ways: Sequence[Way], low: float, high: float) -> Iterator[float]:
    middle = (low + high) / 2
    lines = [(units(one, middle) * one.fixed, DAYS * one.each) for one in ways]
    for (fixed, slope), (fixed_too, slope_too) in combinations(lines, 2):
        if slope != slope_too:
            point = (fixed_too - fixed) / (slope - slope_too)
            if low < point < high:
                yield point
