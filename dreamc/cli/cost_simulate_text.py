"""What `dreamc cost simulate` says to people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import fill
from typing import TYPE_CHECKING

from dreamc.cli.cost_report_values import clean

if TYPE_CHECKING:
    from dreamc.cli.cost_simulate import Told
    from dreamc.cost.control import Control
    from dreamc.cost.difference import Difference
    from dreamc.cost.interval import Interval
    from dreamc.cost.tally import Result, Row

WIDTH = 112
LABEL = 14


def text(told: Told) -> str:
    """Everything, in the order of questions: which requests, what they cost, who answered, what the budget did."""
    one = told.result
    lines = [
        f"{told.stack}: {one.requests:,} requests on {one.days:,} day{_s(one.days)}, {one.first_day} to {one.last_day}",
        *_row("traffic", told.source),
        *(line for each in told.assumed for line in _row("  assumed", each)),
        *(line for each in told.notes for line in _row("  noted", each)),
        "",
        *_result("this policy", one),
    ]
    if told.other is not None and told.difference is not None:
        lines += ["", *_result("the other policy", told.other), "", *_difference(told.difference)]
    if told.remarks:
        lines += ["", "what the original's documents say, worked out again:", *_bullets(told.remarks)]
    return "\n".join(lines)


def _result(title: str, one: Result) -> Iterator[str]:
    asked = f", asked for '{one.alias}' where a request names nothing"
    yield f"{title}, {one.mode} mode{asked if one.alias else ''}"
    least = "at least " if one.unpriced else ""
    yield from _row(
        "cost", f"{least}{_usd(one.usd)}{_band(one.usd_interval, _usd)}; {least}{_usd(one.usd_per_day)} a day"
    )
    for name, calls in one.unpriced:
        told = f"{calls:,} call{_s(calls)} of {clean(name)} count nothing: it has no price"
        yield from _row("", f"{told}; state usd_per_mtok: {{input: ..., output: ...}} of it")
    against = one.against
    if against is None:
        yield from _row("savings", "no cloud model of this policy has a price to measure against")
    else:
        long = f" ({against.long})" if against.long else ""
        rates = f"{against.input:g} and {against.output:g} USD per Mtok{long}"
        yield from _row("pure API", f"{_usd(against.usd)}: every answered request by {against.model} at {rates}")
        share = "" if against.share is None else f", {_percent(against.share)}"
        yield from _row("saved", f"{_usd(against.saved)}{share}{_band(against.share_interval, _percent)}")
    yield from _row("answered", _answered(one))
    yield from _table("tier", "requests", one.tiers)
    yield from _table("model", "calls", one.members)
    yield ""
    yield from _row("budget", _hits(one))
    yield from _control(one.control)


def _answered(one: Result) -> str:
    cached = f", {one.cached:,} out of the cache" if one.cached else ""
    none = f"; {one.unanswered:,} by nobody" if one.unanswered else ""
    return f"{one.answered:,} of {one.requests:,}, {_percent(one.cloud_share)} by the cloud{cached}{none}"


def _table(title: str, unit: str, rows: Iterable[Row]) -> Iterator[str]:
    found = tuple(rows)
    if not found:
        return
    width = max(len(title), *(len(clean(row.name)) for row in found))
    yield ""
    yield f"  {title:<{width}}  {'':<5}  {unit:>10}  {'share':>8}  {'cost':>14}"
    for row in found:
        figures = f"{row.count:>10,}  {_percent(row.share):>8}  {_usd(row.usd):>14}"
        yield f"  {clean(row.name):<{width}}  {row.location:<5}  {figures}"


def _hits(one: Result) -> str:
    hits = one.hits
    if hits.first_day is None:
        return "never in the way"
    told = f"first in the way on {hits.first_day}, on {hits.days:,} day{_s(hits.days)} in all"
    return f"{told}: {hits.diverted:,} requests to another model for it, {hits.refused:,} refused"


def _control(found: Control | None) -> Iterator[str]:
    if found is None:
        return
    told = (
        f"the same share of cloud calls ({_percent(found.cloud_share)}) chosen at random: {_usd(found.usd)} "
        f"(95 %: {_usd(found.low)} to {_usd(found.high)}); at this policy's cost {_percent(found.equal_share)} of the "
        "requests could go to the cloud at random"
    )
    yield from _row("control", told)
    if found.quality is None:
        yield from _row("", "no outcomes on both sides, so the control shows the cost and nothing of quality")
        return
    one = found.quality
    yield from _row(
        "",
        f"quality by the log's verdicts: {one.policy:.3f} against {one.random:.3f} at random and equal cost, over "
        f"{_percent(one.share)} of the requests; answers were judged where the policy sent them, not where it did not",
    )


def _difference(found: Difference) -> Iterator[str]:
    if found.usd_interval is None or found.clear:
        sure = ""
    else:
        sure = "; no difference" if not found.usd else "; not told apart from 0"
    more = f"{found.usd:+,.4f} USD" if found.usd else "0 USD"
    yield from _row("difference", f"the other policy costs {more}{_band(found.usd_interval, _usd)}, paired{sure}")
    yield from _row(
        "",
        f"{found.moved:,} requests are answered by another model, {found.lost:,} are not answered any more, "
        f"{found.gained:,} are answered only there",
    )


def _band(found: Interval | None, shown: Callable[[float], str]) -> str:
    if found is None:
        return ""
    again = ", decided anew" if found.again else ""
    return f" (95 %: {shown(found.low)} to {shown(found.high)}, bootstrap over {found.count} {found.unit}{again})"


def _row(label: str, told: str) -> list[str]:
    indent = " " * (LABEL + 1)
    first = f"{label:<{LABEL}} "
    return fill(
        told,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ).split("\n")


def _bullets(sentences: Iterable[str]) -> Iterator[str]:
    for one in sentences:
        yield from fill(one, WIDTH, initial_indent="- ", subsequent_indent="  ").split("\n")


def _usd(amount: float) -> str:
    return f"{amount:,.2f} USD" if not amount or abs(amount) >= 1 else f"{amount:,.4f} USD"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
