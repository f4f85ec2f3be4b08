"""What a run of requests came to: money, savings, who answered, what the budget stopped, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from dreamc.cost.control import Control, control
from dreamc.cost.interval import Interval
from dreamc.cost.prices import long_prompts
from dreamc.cost.sample import Sample, Sums
from dreamc.cost.simulate import Run, reference
from dreamc.cost.types import LongPrompts
from dreamc.runtime.money import NANO


class Row(Struct, frozen=True):
    """Requests that a tier or a model answered, their share of all that were answered, and what they cost in USD.

    Of a model these are calls, those included whose answer was not passed on.
    """

    name: str
    location: str
    count: int
    share: float
    usd: float


class Hits(Struct, frozen=True):
    """What the budget changed: requests that went to another model for it and requests that were refused. `first_day`
    and `days` are ISO days in UTC and how many; None where there was none."""

    diverted: int
    refused: int
    days: int
    first_day: str | None


class Against(Struct, frozen=True):
    """Every answered request by one model: its name, prices in USD per million tokens, what that costs in USD, and what
    is saved, in USD and as a share."""

    model: str
    tier: str | None
    input: float
    output: float
    usd: float
    saved: float
    share: float | None
    share_interval: Interval | None
    long: LongPrompts | None = None


class Result(Struct, frozen=True):
    """A run in figures; money in USD, for the whole of `days` (calendar days from the first request to the last).

    `unpriced`: cloud models that have no price, and their calls that are counted at nothing.
    """

    mode: str
    alias: str
    first_day: str
    last_day: str
    days: int
    requests: int
    answered: int
    cached: int
    unanswered: int
    usd: float
    usd_interval: Interval | None
    usd_per_day: float
    against: Against | None
    cloud_share: float
    tiers: tuple[Row, ...]
    members: tuple[Row, ...]
    hits: Hits
    control: Control | None
    unpriced: tuple[tuple[str, int], ...] = ()


def result(run: Run, sample: Sample | None, days: int = 0) -> Result:
    """The figures of a run of at least one request. `days` 0: as many as the requests lie on."""
    outcomes = run.outcomes
    paid = sum(out.nano for out in outcomes)
    answered = [out for out in outcomes if out.answered]
    lasted = days or _lasted(outcomes[0].day, outcomes[-1].day)
    called = [out for out in answered if out.place != "cache"]
    return Result(
        mode=run.mode,
        alias=run.alias,
        first_day=min(out.day for out in outcomes),
        last_day=max(out.day for out in outcomes),
        days=lasted,
        requests=len(outcomes),
        answered=len(answered),
        cached=len(answered) - len(called),
        unanswered=len(outcomes) - len(answered),
        usd=paid / NANO,
        usd_interval=sample.interval(_paid) if sample is not None else None,
        usd_per_day=paid / NANO / lasted,
        against=_against(run, sample),
        cloud_share=sum(out.place == "cloud" for out in called) / len(called) if called else 0.0,
        tiers=_tiers(run),
        members=_members(run),
        hits=_hits(run),
        control=control(run),
        unpriced=_unpriced(run),
    )


def _lasted(first: str, last: str) -> int:
    from datetime import date

    return abs((date.fromisoformat(last) - date.fromisoformat(first)).days) + 1


def _paid(sums: Sums) -> float:
    return sums[0] / NANO


def _saved(sums: Sums) -> float:
    return 1 - sums[0] / sums[1] if sums[1] else 0.0


def _against(run: Run, sample: Sample | None) -> Against | None:
    dearest = reference(run.policy)
    if dearest is None or dearest.price is None:
        return None
    pure, paid = sum(out.pure for out in run.outcomes), sum(out.nano for out in run.outcomes)
    return Against(
        model=dearest.name,
        tier=dearest.tier,
        input=dearest.price.input,
        output=dearest.price.output,
        usd=pure / NANO,
        saved=(pure - paid) / NANO,
        share=1 - paid / pure if pure else None,
        share_interval=sample.interval(_saved) if pure and sample is not None else None,
        long=long_prompts(dearest.price),
    )


def _tiers(run: Run) -> tuple[Row, ...]:
    """The policy's tiers from the cheapest up; a plain chain and the cache after them."""
    names = ["" if out.tier is None else out.tier for out in run.outcomes]
    keys = ["the cache" if out.place == "cache" else tier for out, tier in zip(run.outcomes, names, strict=True)]
    counts, money = Counter[str](), Counter[str]()
    for key, out in zip(keys, run.outcomes, strict=True):
        if out.answered:
            counts[key] += 1
            money[key] += out.nano
    all_ = sum(counts.values())
    order = (*run.policy.tiers, "", "the cache")
    rows = ((name, counts[name]) for name in order if counts[name])
    return tuple(
        Row(name or "no tier: a plain chain", "", count, count / all_, money[name] / NANO) for name, count in rows
    )


def _members(run: Run) -> tuple[Row, ...]:
    """Calls of each model, in the order of the policy; models that only the log knows after them."""
    counts, money = Counter[str](), Counter[str]()
    for out in run.outcomes:
        for name, amount in out.calls:
            counts[name] += 1
            money[name] += amount
    all_ = sum(counts.values())
    order: Sequence[str] = (*run.policy.members, *sorted(name for name in counts if name not in run.policy.members))
    return tuple(
        Row(name, _location(run, name), counts[name], counts[name] / all_, money[name] / NANO)
        for name in order
        if counts[name]
    )


def _unpriced(run: Run) -> tuple[tuple[str, int], ...]:
    """Not those of a log that says what was paid."""
    counts = Counter(name for out in run.outcomes for name, amount in out.calls if not amount)
    clouds = (one for one in run.policy.members.values() if one.location == "cloud" and one.price is None)
    return tuple((one.name, counts[one.name]) for one in clouds if counts[one.name])


def _location(run: Run, name: str) -> str:
    known = run.policy.members.get(name)
    return known.location if known is not None else ""


def _hits(run: Run) -> Hits:
    hit = [out for out in run.outcomes if out.hit]
    days = sorted({out.day for out in hit})
    counts = Counter(out.hit for out in hit)
    return Hits(counts["diverted"], counts["refused"], len(days), days[0] if days else None)
