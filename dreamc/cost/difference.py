"""Two policies on the same requests: what the second costs more or less, request by request."""

from __future__ import annotations

from msgspec import Struct

from dreamc.cost.interval import Interval
from dreamc.cost.sample import Sample
from dreamc.cost.simulate import Run
from dreamc.runtime.money import NANO


class Difference(Struct, frozen=True):
    """The other policy less this one, in USD over all requests. `moved`: requests that another model answers; `lost`:
    requests that only this one answers, `gained`: those that only the other does. `clear`: the interval leaves out 0.
    """

    usd: float
    usd_interval: Interval | None
    moved: int
    lost: int
    gained: int
    clear: bool


def difference(this: Run, other: Run, drawn: tuple[Sample, ...]) -> Difference:
    """Paired: the samples of both draw the same days or blocks, so that what both have in common cancels."""
    pairs = list(zip(this.outcomes, other.outcomes, strict=True))
    more = [b.nano - a.nano for a, b in pairs]
    found = None
    if len(drawn) == 2:
        one, two = drawn
        found = one.of([(b[0] - a[0]) / NANO for a, b in zip(one.sums, two.sums, strict=True)])
    return Difference(
        usd=sum(more) / NANO,
        usd_interval=found,
        moved=sum(a.answered and b.answered and a.member != b.member for a, b in pairs),
        lost=sum(a.answered and not b.answered for a, b in pairs),
        gained=sum(b.answered and not a.answered for a, b in pairs),
        clear=found is not None and not found.low <= 0 <= found.high,
    )
