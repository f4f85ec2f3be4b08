"""The ways to have one model's requests answered, compared: who is cheapest where, with bands, and as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import permutations

from msgspec import Struct

from dreamc.cost.break_even import (
    Crossing,
    Stretch,
    Way,
    all_day,
    api,
    by_the_hour,
    crossings,
    first_below,
    month,
    outline,
    own,
    stretches,
)
from dreamc.cost.chart import Chart, Line, Mark
from dreamc.cost.local import Server, corners, mean_tokens, plain
from dreamc.cost.types import Amount, Traffic

FURTHEST = 500
"""Servers of the own kind, up to which requests are looked at."""
SAMPLES = 240


class Offer(Struct, frozen=True):
    """A rented GPU like the own one: money per GPU and hour in the currency of the comparison, power included."""

    low: float
    usual: float
    high: float
    label: str


class Cloud(Struct, frozen=True):
    """A cloud model, and what a mean request of the traffic costs there."""

    name: str
    each: float
    label: str


class Choice(Struct, frozen=True):
    """One way, with the cheapest and the dearest that its figures allow. `waits`: requests wait for their hour."""

    way: Way
    low: Way
    high: Way
    label: str
    waits: bool = False


class Point(Struct, frozen=True):
    """At `per_day` requests per day `name` first costs no more than `other`; `low` to `high` by the bands. None:
    nowhere up to where was looked. Where one of the two needs another unit, that can turn again (`table`)."""

    name: str
    other: str
    per_day: float | None
    low: float | None
    high: float | None


class At(Struct, frozen=True):
    """Money per month of every way at so many requests per day, in the order of the choices."""

    per_day: float
    costs: tuple[Amount, ...]


class Comparison(Struct, frozen=True):
    """What `dreamc cost break-even` says of requests per day from 0 to `looked`; money per month. `stretches` and
    `crossings` are of the ways that answer at once. The picture goes to `upto` only, where what is of interest ends."""

    model: str
    currency: str
    tokens: tuple[float, float]
    per_day: float
    looked: float
    upto: float
    choices: tuple[Choice, ...]
    stretches: tuple[Stretch, ...]
    crossings: tuple[Crossing, ...]
    points: tuple[Point, ...]
    table: tuple[At, ...]


def compare(
    server: Server, traffic: Traffic, offer: Offer | None, cloud: Cloud | None, upto: float | None = None
) -> Comparison:
    """`upto`: the most requests per day. By itself twice what one server answers, or ten times the traffic."""
    tokens = mean_tokens(traffic)
    choices = tuple(_choices(server, tokens, offer, cloud))
    ways = [one.way for one in choices if not one.waits]
    far = furthest(server, tokens)
    looked = min(upto or max(2 * far / FURTHEST, 10 * traffic.per_day), far)
    points = tuple(_points(choices, looked))
    return Comparison(
        model=server.model,
        currency=server.currency,
        tokens=tokens,
        per_day=traffic.per_day,
        looked=looked,
        upto=min(upto, far) if upto else _upto(points, choices[-1].way.name, traffic.per_day, looked),
        choices=choices,
        stretches=stretches(ways, looked),
        crossings=crossings(ways, looked),
        points=points,
        table=tuple(_at(choices, load, server.currency) for load in _loads(traffic.per_day, looked)),
    )


def furthest(server: Server, tokens: tuple[float, float]) -> float:
    """Requests per day beyond which nothing is looked at."""
    return FURTHEST * float(own("", plain(server), tokens).capacity or math.inf)


def chart(found: Comparison, note: str) -> Chart:
    """The picture: a line a way, its band, and where the cheapest way changes."""
    lines = tuple(Line(one.way.name, outline(one.way, found.upto), _band(one, found.upto)) for one in found.choices)
    met = [one for one in found.crossings if one.kind == "meet" and one.per_day <= found.upto][:4]
    marks = [Mark(one.per_day, f"from {one.per_day:,.0f}: {one.after}") for one in met]
    if 0 < found.per_day <= found.upto:
        marks.append(Mark(found.per_day, f"your traffic: {found.per_day:,.0f}"))
    title = f"What a month of '{found.model}' costs, {found.tokens[0]:,.0f} tokens in and {found.tokens[1]:,.0f} out"
    marks.sort(key=lambda mark: mark.x)
    return Chart(title, "requests per day", f"{found.currency} per month", lines, tuple(marks), note)


def _choices(server: Server, tokens: tuple[float, float], offer: Offer | None, cloud: Cloud | None) -> Iterator[Choice]:
    kind = "rented" if server.rented else "own"
    name = f"{kind}: {server.host}"
    cheap, dear = corners(server)
    label = f"{server.gpus} x {server.card}" if server.card else "no GPU"
    ways = [own(name, one, tokens) for one in (plain(server), cheap, dear)]
    yield Choice(ways[0], ways[1], ways[2], label)
    if offer is not None:
        rents = tuple(rent * max(server.gpus, 1) for rent in (offer.usual, offer.low, offer.high))
        kinds = ((all_day, "rented, day and night"), (by_the_hour, "rented, by the hour"))
        for made, called in kinds[server.rented :]:
            ways = [made(called, rent, plain(server), tokens) for rent in rents]
            yield Choice(ways[0], ways[1], ways[2], offer.label, made is by_the_hour)
    if cloud is not None:
        way = api(f"API: {cloud.name}", cloud.each)
        yield Choice(way, way, way, cloud.label)


def _points(choices: Sequence[Choice], upto: float) -> Iterator[Point]:
    """From when on what costs at rest pays for itself: sooner by the cheaper end of its figures, later by the other."""
    for one, other in permutations(choices, 2):
        if (month(one.way, 0), one.way.fixed) > (month(other.way, 0), other.way.fixed):
            low, high = first_below(one.low, other.high, upto), first_below(one.high, other.low, upto)
            yield Point(one.way.name, other.way.name, first_below(one.way, other.way, upto), low, high)


def _upto(points: Sequence[Point], last: str, per_day: float, looked: float) -> float:
    """A round number beyond the stated traffic and where the first way, the own machine, pays against the last."""
    found = next((one.per_day for one in points if one.other == last), None)
    others = [one.per_day for one in points if one.per_day]
    wanted = 1.5 * max(per_day, found or min(others, default=looked / 3))
    digits = 10.0 ** math.floor(math.log10(wanted))
    return min(math.ceil(wanted / digits * 2) / 2 * digits, looked)


def _loads(per_day: float, upto: float) -> tuple[float, ...]:
    decades = (10.0**power for power in range(1, 10))
    return tuple(sorted({*(load for load in decades if load <= upto), *((per_day,) if per_day else ()), upto}))


def _at(choices: Sequence[Choice], per_day: float, currency: str) -> At:
    ways = ((one.way, one.low, one.high) for one in choices)
    costs = (tuple(month(way, per_day) for way in three) for three in ways)
    return At(per_day, tuple(Amount(value, currency, low, high) for value, low, high in costs))


def _band(choice: Choice, upto: float) -> tuple[tuple[float, float, float], ...]:
    if choice.low == choice.high:
        return ()
    xs = [upto * step / SAMPLES for step in range(1, SAMPLES + 1)]
    return tuple((x, month(choice.low, x), month(choice.high, x)) for x in xs)


def shortened(found: tuple[Stretch, ...], most: int) -> tuple[Stretch, ...]:
    """The widest stretches, in order."""
    widest = sorted(found, key=lambda stretch: stretch.low - stretch.high)[:most]
    return tuple(stretch for stretch in found if stretch in widest)
