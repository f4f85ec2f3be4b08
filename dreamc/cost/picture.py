"""The picture of a simulation: what was spent so far, day by day, beside what the reference model alone would cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import accumulate

from dreamc.cost.chart import Chart, Line, Mark
from dreamc.cost.simulate import Outcome, Run, reference
from dreamc.runtime.money import NANO

MOST_TICKS = 8


def money_chart(title: str, this: Run, other: Run | None, note: str) -> Chart:
    """USD added up over the days of the requests, from the first day (0) on."""
    first = date.fromisoformat(min(out.day for out in this.outcomes))
    days = sorted({(date.fromisoformat(out.day) - first).days for out in this.outcomes})
    dearest = reference(this.policy)
    series = [_line("this policy", this, first, _paid)]
    series += [_line("the other policy", other, first, _paid)] if other is not None else []
    series += [_line(f"{dearest.name} alone", this, first, _pure)] if dearest is not None else []
    hits = sorted(out.day for out in this.outcomes if out.hit)
    marks = (Mark(float((date.fromisoformat(hits[0]) - first).days), "budget in the way"),) if hits else ()
    step = max(-(-len(days) // MOST_TICKS), 1)
    ticks = tuple((float(day), date.fromordinal(first.toordinal() + day).isoformat()[5:]) for day in days[::step])
    return Chart(title, f"day (UTC, {first.year})", "USD spent so far", tuple(series), marks, note, ticks)


def _line(name: str, run: Run, first: date, amount: Callable[[Outcome], int]) -> Line:
    spent: dict[int, int] = {}
    for out in run.outcomes:
        day = (date.fromisoformat(out.day) - first).days
        spent[day] = spent.get(day, 0) + amount(out)
    days = sorted(spent)
    sums = accumulate(spent[day] for day in days)
    return Line(name, tuple((float(day), total / NANO) for day, total in zip(days, sums, strict=True)))


def _paid(out: Outcome) -> int:
    return out.nano


def _pure(out: Outcome) -> int:
    return out.pure
