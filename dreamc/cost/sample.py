"""A run drawn again and again: what other days of the same kind would have cost.

Where a budget was in the way, days depend on each other: what one spends, the next has not. Then every draw is sent
through the policy anew, its budget counted over the days as they were drawn.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from dreamc.cost.interval import Groups, Interval, band, drawn, groups
from dreamc.cost.serve import Server
from dreamc.cost.simulate import Run, run

DRAWS, DRAWS_ANEW = 1_000, 200
DECISIONS = 500_000
"""Requests that may be decided once more, over all draws."""
FEWEST_DRAWS = 50
"""Draws from which on an interval of decisions made anew is worth its name."""

Sums = tuple[int, int]
"""Nano-dollars: paid, and by the reference model alone."""


class Sample(Struct, frozen=True):
    """The sums of every draw. Two samples of the same requests with one seed are paired, draw by draw."""

    groups: Groups
    again: bool
    sums: tuple[Sums, ...]

    def interval(self, figure: Callable[[Sums], float]) -> Interval:
        """The interval of a figure of the sums."""
        return self.of([figure(one) for one in self.sums])

    def of(self, values: list[float]) -> Interval:
        """The interval of one value per draw."""
        low, high = band(values)
        return Interval(low, high, self.groups.unit, len(self.groups.places), self.again)


def samples(runs: tuple[Run, ...], seed: int) -> tuple[Sample, ...]:
    """One per run, all of the same requests; empty for too few of them, and where `too_many` says so."""
    found = groups([one.day for one in runs[0].arrivals]) if runs else None
    if found is None or len(found.places) < 2 or too_many(runs):
        return ()
    again = _coupled(runs)
    return tuple(Sample(found, again, (_anew if again else _added)(one, found, seed, _times(runs))) for one in runs)


def too_many(runs: tuple[Run, ...]) -> bool:
    """Whether a budget was in the way of more requests than can be decided anew: nothing is known of other days."""
    return _coupled(runs) and _times(runs) < FEWEST_DRAWS


def _coupled(runs: tuple[Run, ...]) -> bool:
    return any(out.hit for each in runs for out in each.outcomes)


def _times(runs: tuple[Run, ...]) -> int:
    return DECISIONS // (len(runs[0].arrivals) * len(runs))


def _added(run_: Run, found: Groups, seed: int, _: int) -> tuple[Sums, ...]:
    """The groups as they came out, added up."""
    out = run_.outcomes
    each = tuple((sum(out[at].nano for at in one), sum(out[at].pure for at in one)) for one in found.places)
    return tuple(
        (sum(each[at][0] for at in draw), sum(each[at][1] for at in draw)) for draw in drawn(len(each), DRAWS, seed)
    )


def _anew(run_: Run, found: Groups, seed: int, times: int) -> tuple[Sums, ...]:
    """The groups in the order of each draw, decided once more."""
    server = Server(run_.policy, run_.mode)
    draws = drawn(len(found.places), min(times, DRAWS_ANEW), seed)
    return tuple(_decided(run_, found, draw, server) for draw in draws)


def _decided(run_: Run, found: Groups, draw: tuple[int, ...], server: Server) -> Sums:
    """A group takes the day of the one in whose place it is drawn."""
    dates = [run_.arrivals[one[0]].day for one in found.places]
    arrivals = (
        replace(run_.arrivals[at], day=day)
        for day, group in zip(dates, draw, strict=True)
        for at in found.places[group]
    )
    outcomes = run(run_.policy, run_.mode, arrivals, run_.alias, run_.paid_by, server).outcomes
    return sum(out.nano for out in outcomes), sum(out.pure for out in outcomes)
