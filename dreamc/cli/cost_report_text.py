"""A report as text. Names come from clients: no sign of theirs reaches a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.cli.cost_report_values import Whole, clean, usd
from dreamc.cost.forecast import Forecast, Outlook
from dreamc.cost.report import Figures, Report
from dreamc.cost.usage_log import Skipped

MOST_ROWS = 60
"""Rows on a terminal; JSON and CSV hold all."""
WIDEST = 40
_TITLES = ("calls", "requests", "in tokens", "out tokens", "cost USD", "rejected", "own calls", "p50 s", "p95 s")


def text(found: Whole) -> str:
    """For people; amounts are rounded here and nowhere before."""
    return "\n".join((*_head(found), "", *_table(found.report), "", *_answered(found.report), *_money(found))) + "\n"


def _head(found: Whole) -> Iterator[str]:
    report = found.report
    logs = clean(found.logs[-1]) + (f" and {len(found.logs) - 1} more" if len(found.logs) > 1 else "")
    yield f"{logs}: {_many(report.lines, 'line')} from {report.first} to {report.last}, days in UTC"
    if report.since or report.until:
        span = f"{report.since or report.first} to {report.until or report.last}"
        yield f"reported: {span}, {_many(report.inside, 'line')}"
    if found.repriced:
        yield "cost: reckoned anew with the prices of the file; what the ledger booked is another matter"


def _table(report: Report) -> Iterator[str]:
    timed = "day" in report.by or "month" in report.by
    shown = report.rows[-MOST_ROWS:] if timed else report.rows[:MOST_ROWS]
    body = [(*(_short(one) for one in row.key), *_cells(row.figures)) for row in shown]
    left = len(report.by)
    total = ("total", *[""] * (left - 1), *_cells(report.total))
    rows = [(*report.by, *_TITLES), *body, total]
    widths = [max(len(row[at]) for row in rows) for at in range(len(total))]
    for row in rows[:-1]:
        yield _line(row, widths, left)
    if len(report.rows) > MOST_ROWS:
        which = "earlier" if timed else "cheaper"
        yield f"… and {len(report.rows) - MOST_ROWS:,} {which} rows: --json and -o FILE.csv hold all"
    yield _line(rows[-1], widths, left)


def _line(row: tuple[str, ...], widths: list[int], left: int) -> str:
    cells = (one.ljust(width) if at < left else one.rjust(width)
             for at, (one, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
    return "  ".join(cells).rstrip()


def _cells(one: Figures) -> tuple[str, ...]:
    tokens = (f"{one.prompt_tokens:,}", f"{one.completion_tokens:,}")
    money = (_usd(one.nano_usd), _usd(one.nano_rejected), _usd(one.nano_own))
    return (f"{one.calls:,}", f"{one.requests:,}", *tokens, *money, _seconds(one.p50_s), _seconds(one.p95_s))


def _answered(report: Report) -> Iterator[str]:
    total = report.total
    if total.answered:
        shares = ((total.local, "local"), (total.cloud, "cloud"), (total.cached, "cache"))
        said = ", ".join(f"{name} {count / total.answered:.1%}" for count, name in shares)
        yield f"{_many(total.answered, 'request')} answered: {said}"
    if total.failed or total.refused:
        yield f"{_many(total.failed + total.refused, 'request')} not answered: {_unanswered(total)}"
    yield from (f"  {one.kind} {one.count:,} times: {clean(one.text)[:160]}" for one in report.reasons)
    for member, count in report.unpriced:
        yield f"{_short(member)}: {_many(count, 'answer')} of a cloud model booked at 0 USD: no price, or free"


def _unanswered(total: Figures) -> str:
    return f"{total.refused:,} refused, {total.failed:,} failed"


def _money(found: Whole) -> Iterator[str]:
    if (saved := found.savings) is not None:
        against = saved.reference
        share = "" if saved.share is None else f" ({saved.share:.1%})"
        price = f"{saved.price.input:g} and {saved.price.output:g} USD per million tokens in and out"
        yield f"savings: {_usd(saved.nano_usd)} USD{share} against {against.name} alone, at {price}"
        yield f"  {_usd(saved.nano_pure)} USD less {_usd(saved.nano_paid)} paid; power and hardware are not in it"
    ahead, until = found.forecast, found.report.until
    if ahead is not None and (until is None or until >= f"{ahead.month}-01"):
        yield from _forecast(ahead)


def _forecast(found: Forecast) -> Iterator[str]:
    begins = f"; the log begins on {found.begins}, what was spent before is not in it" if found.unseen else ""
    if found.too_early:
        yield f"forecast for {found.month}: too early, {found.too_early}{begins}"
        return
    yield f"forecast for {found.month}, from its {found.days} full days until {found.through}{begins}"
    band = f"{_usd(found.low)} to {_usd(found.high)}"
    yield f"  {_usd(found.spent)} USD so far, {_usd(found.expected)} at its end (80 % band {band})"
    yield from (f"  {_outlook(one)}" for one in found.outlooks)
    yield "  days to come as the full days were, Student's t; the gateway's own ledger may know of more than these logs"


def _outlook(one: Outlook) -> str:
    who = "budget" if one.cap.provider is None else f"{one.cap.provider}'s budget"
    name = f"{who} of {_usd(one.cap.nano_usd)} USD a {one.cap.period}"
    if one.cap.period == "month" and one.reached:
        return f"{name}: reached on {one.reached}"
    before = f"reached on {_many(one.times, 'day')}, last on {one.reached}; " if one.reached else ""
    again = "again " if one.reached else ""
    if one.likely is None:
        early = f", at the earliest {one.early}" if one.early else ""
        return f"{name}: {before}not reached {again}this month ({_percent(one.chance)} chance that it is{early})"
    return (
        f"{name}: {before}likely reached {again}on {one.likely} (80 % band {one.early} to {one.late or 'next month'})"
    )


def notes(found: Whole, today: str) -> Iterator[str]:
    """What is odd about the logs, for standard error."""
    yield from unread(found.skipped)
    if found.report.last > today:
        yield f"the log goes on to {found.report.last}, after today ({today}): a clock is wrong, or --today is"


def unread(skipped: Skipped) -> Iterator[str]:
    """What in the files counts nothing."""
    if skipped.cut:
        yield f"{_many(skipped.cut, 'line')} cut off or not JSON, skipped"
    for shape, count in sorted(skipped.shapes.items()):
        yield f"{_many(count, 'line')} of another kind skipped: {shape}"
    if skipped.repeated:
        yield f"{_many(skipped.repeated, 'line')} came a second time and counted once"
    yield from (f"{clean(one)} ends too early: what came before is counted" for one in skipped.torn)


def _short(name: str) -> str:
    found = clean(name)
    return found if len(found) <= WIDEST else f"{found[: WIDEST - 1]}…"


def _usd(nano: int) -> str:
    return f"{usd(nano):,.4f}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _percent(chance: float) -> str:
    return "under 1%" if chance < 0.01 else f"{chance:.0%}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
