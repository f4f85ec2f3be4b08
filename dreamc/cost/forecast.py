"""When a cap is reached, from what was spent on the days of this month so far, with a band. Pure.

Days to come are taken as draws from the same normal distribution as the full days seen, whose mean and spread are not
known: the sum of k of them has a Student t prediction with n - 1 degrees of freedom, mean k·m and variance
s²·(k + k²/n) (Geisser, Predictive Inference, 1993, §2.2; with k = 1 the usual prediction interval). Weekdays and
weekends are taken alike.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from math import atan, cos, gamma, inf, pi, sqrt
from typing import Literal

from msgspec import Struct

from dreamc.cost.report import Spent
from dreamc.runtime.money import nano
from dreamc.stack.types import Stack

LEAST_DAYS = 3
BAND = (0.1, 0.5, 0.9)
"""Chances at which a cap is reached early, likely and late: a band of 80 %."""
_STEPS = 200


class Cap(Struct, frozen=True):
    """A limit of dream.yaml in nano-dollars; `provider` None: of the whole stack."""

    provider: str | None
    period: Literal["day", "month"]
    nano_usd: int


class Outlook(Struct, frozen=True):
    """When a cap is reached, as ISO days of this month; None: not this month.

    `spent` in nano-dollars in the month, or on the last day of the log. `reached`: the day on which it was reached
    already, of a daily cap the latest of `times` days. `chance`: from 0 to 1, that it is reached (again) this month.
    """

    cap: Cap
    spent: int
    reached: str | None
    times: int
    early: str | None
    likely: str | None
    late: str | None
    chance: float


class Forecast(Struct, frozen=True):
    """`through`: the last day that the log knows of; `days`: full days of this month that it is made of.

    `too_early` says why there is no forecast, else it is "". `expected`, `low` and `high` are nano-dollars at the end
    of the month, the band 80 %. `unseen`: the log begins within the month, on `begins`.
    """

    month: str
    through: str
    days: int
    spent: int
    begins: str
    unseen: bool
    too_early: str
    expected: int = 0
    low: int = 0
    high: int = 0
    outlooks: tuple[Outlook, ...] = ()


class _Past(Struct, frozen=True):
    """Days of the month up to the last one known, which is not full, and how many come after it."""

    days: tuple[str, ...]
    spends: tuple[int, ...]
    to_come: tuple[str, ...]

    @property
    def full(self) -> tuple[int, ...]:
        return self.spends[:-1]

    @property
    def mean(self) -> float:
        return sum(self.full) / len(self.full)

    @property
    def deviation(self) -> float:
        return sqrt(sum((one - self.mean) ** 2 for one in self.full) / (len(self.full) - 1))


def caps(stack: Stack) -> tuple[Cap, ...]:
    """Budgets of the stack and of its providers."""
    limits = ((None, stack.policy.budget), *((one.name, one.budget) for one in stack.providers))
    periods: tuple[Literal["day", "month"], ...] = ("day", "month")
    found = ((who, period, limit.daily if period == "day" else limit.monthly) for who, limit in limits
             for period in periods)  # fmt: skip
    return tuple(Cap(who, period, nano(usd)) for who, period, usd in found if usd is not None)


def forecast(spent: Iterable[Spent], first: str, last: str, today: date, caps: Iterable[Cap] = ()) -> Forecast:
    """`first` and `last` are the ISO days of the log, "" where it is empty. Days after today do not count."""
    month, through = f"{today:%Y-%m}", min(last, today.isoformat())
    rows = tuple(one for one in spent if one.day[:7] == month and one.day <= through)
    unseen = bool(first) and first > f"{month}-01"
    said = Forecast(month, through, 0, sum(one.nano_usd for one in rows), first, unseen, "")
    if through < max(f"{month}-01", first):
        return _early(said, f"the log holds no day of {month} until {today}", 0)
    # The day on which a log begins is not full, and neither is the one on which it ends.
    start = date.fromisoformat(max(f"{month}-01", _next(first) if unseen else ""))
    past = _past(rows, start, date.fromisoformat(through))
    if len(past.full) < LEAST_DAYS:
        return _early(said, f"{len(past.full)} full days of {month} are known, {LEAST_DAYS} are needed", len(past.full))
    low, high = (_total(past, said.spent, share) for share in BAND[::2])
    return Forecast(
        month, through, len(past.full), said.spent, first, unseen, "",
        round(_base(past, said.spent) + past.mean * len(past.to_come)), max(low, said.spent), max(high, said.spent),
        tuple(_outlook(cap, rows, start, through, past) for cap in caps),
    )  # fmt: skip


def _early(said: Forecast, why: str, days: int) -> Forecast:
    return Forecast(said.month, said.through, days, said.spent, said.begins, said.unseen, why)


def _past(rows: Iterable[Spent], start: date, through: date) -> _Past:
    """Days without a row cost nothing: the gateway was there, or the log would not go on."""
    spends: dict[str, int] = {}
    for one in rows:
        spends[one.day] = spends.get(one.day, 0) + one.nano_usd
    days = tuple((start + timedelta(days=at)).isoformat() for at in range((through - start).days + 1))
    end = monthrange(through.year, through.month)[1]
    to_come = tuple(through.replace(day=at).isoformat() for at in range(through.day + 1, end + 1))
    return _Past(days, tuple(spends.get(day, 0) for day in days), to_come)


def _base(past: _Past, spent: int) -> float:
    """At the end of the last day known: it costs what it did, or as much as the others."""
    today = past.spends[-1]
    return spent - today + max(today, past.mean)


def _outlook(cap: Cap, rows: tuple[Spent, ...], start: date, through: str, whole: _Past) -> Outlook:
    own = tuple(one for one in rows if cap.provider in (None, one.provider))
    past = whole if cap.provider is None else _past(own, start, date.fromisoformat(through))
    if cap.period == "day":
        return _of_a_day(cap, own, past)
    spent = sum(one.nano_usd for one in own)
    reached = _reached(own, cap.nano_usd)
    if reached is not None:
        return Outlook(cap, spent, reached, 1, reached, reached, reached, 1.0)
    base = _base(past, spent)
    days = (past.days[-1], *past.to_come)
    chances = tuple(_over(past, base, cap.nano_usd, at) for at in range(len(days)))
    return Outlook(cap, spent, None, 0, *_band(days, chances), chances[-1])


def _of_a_day(cap: Cap, own: Iterable[Spent], past: _Past) -> Outlook:
    """Each day to come is over it by the same chance."""
    spends: dict[str, int] = {}
    for one in own:
        spends[one.day] = spends.get(one.day, 0) + one.nano_usd
    over = sorted(day for day, spend in spends.items() if spend >= cap.nano_usd)
    daily = _over(past, 0.0, cap.nano_usd, 1)
    chances = tuple(1 - (1 - daily) ** at for at in range(1, len(past.to_come) + 1))
    reached = over[-1] if over else None
    return Outlook(
        cap, past.spends[-1], reached, len(over), *_band(past.to_come, chances), chances[-1] if chances else 0.0
    )


def _reached(rows: Iterable[Spent], limit: int) -> str | None:
    total = 0
    for one in sorted(rows, key=lambda one: one.day):
        total += one.nano_usd
        if total >= limit:
            return one.day
    return None


def _band(days: tuple[str, ...], chances: tuple[float, ...]) -> tuple[str | None, str | None, str | None]:
    def first(share: float) -> str | None:
        return next((day for day, chance in zip(days, chances, strict=True) if chance >= share), None)

    early, likely, late = (first(share) for share in BAND)
    return early, likely, late


def _over(past: _Past, base: float, limit: int, days: int) -> float:
    """The chance that `base` and as many days more come to at least `limit`."""
    rest = limit - base - days * past.mean
    spread = past.deviation * sqrt(days + days * days / len(past.full))
    if spread == 0:
        return 1.0 if rest <= 0 else 0.0
    return 1 - student(rest / spread, len(past.full) - 1)


def _total(past: _Past, spent: int, share: float) -> int:
    """Nano-dollars that the month does not exceed with this chance."""
    days, base = len(past.to_come), _base(past, spent)
    spread = past.deviation * sqrt(days + days * days / len(past.full))
    z = _root(lambda at: student(at, len(past.full) - 1) - share) if spread else 0.0
    return round(base + days * past.mean + z * spread)


def student(z: float, freedom: int) -> float:
    """Student's distribution: the chance of at most `z`. By Simpson's rule over the angle whose tangent is z/√freedom
    (Abramowitz and Stegun 26.7)."""
    if z in (inf, -inf):
        return 1.0 if z > 0 else 0.0
    end = atan(z / sqrt(freedom))
    step = end / _STEPS
    weights = (1, *(4 if at % 2 else 2 for at in range(1, _STEPS)), 1)
    area = sum(weight * cos(at * step) ** (freedom - 1) for at, weight in enumerate(weights)) * step / 3
    found = 0.5 + area * gamma((freedom + 1) / 2) / (sqrt(pi) * gamma(freedom / 2))
    return min(max(found, 0.0), 1.0)  # the sum may end a rounding error beyond


def _root(function: Callable[[float], float]) -> float:
    low, high = -1000.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
