"""Imagined requests: so many a day, their kinds drawn by share, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from math import exp

from msgspec import Struct

from dreamc.cost.arrival import Arrival
from dreamc.cost.draws import Draws
from dreamc.cost.types import Traffic, Work

MOST = 1_000_000
"""Requests of one simulation."""
LARGEST = 1_000_000
"""Tokens of an imagined request or answer; a spread would make a few of any size."""


class Plan(Struct, frozen=True):
    """`days` calendar days in UTC from `first` on. `spread` is the standard deviation of the logarithm of the tokens
    around their mean, 0 where all requests of a kind are alike. `limit`: the most tokens that clients ask for."""

    traffic: Traffic
    first: date
    days: int
    seed: int = 0
    spread: float = 0.0
    limit: int | None = None

    @property
    def count(self) -> int:
        """Requests in all."""
        return int(self.traffic.per_day * self.days + 1e-9)


def imagined(plan: Plan) -> Iterator[Arrival]:
    """The requests, day by day. Fractions of a request are carried over to the next day."""
    draws, kinds = Draws(plan.seed), plan.traffic.kinds
    weights, sent = tuple(accumulate(one.share for one in kinds)), 0
    for number in range(plan.days):
        day = (plan.first + timedelta(days=number)).isoformat()
        wanted = int(plan.traffic.per_day * (number + 1) + 1e-9)
        for _ in range(wanted - sent):
            yield _one(plan, kinds[draws.pick(weights)], day, draws)
        sent = wanted


def _one(plan: Plan, kind: Work, day: str, draws: Draws) -> Arrival:
    return Arrival(
        day=day,
        action=kind.action,
        input=_size(kind.input, plan.spread, draws),
        output=_size(kind.output, plan.spread, draws),
        alias=plan.traffic.alias,
        score=kind.score,
        limit=plan.limit,
    )


def _size(mean: float, spread: float, draws: Draws) -> int:
    """A log-normal draw with this mean (its median is lower by exp(spread^2 / 2)); at least one token."""
    drawn = mean * exp(spread * draws.normal() - spread * spread / 2) if spread else mean
    return min(max(round(drawn), 1), LARGEST)
