"""A report as values for JSON and as CSV, with what clients wrote made harmless."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from msgspec import Struct, to_builtins

from dreamc.cost.forecast import Forecast, Outlook
from dreamc.cost.report import NONE, Figures, Report, Row
from dreamc.cost.savings import NOTE, Savings
from dreamc.cost.usage_log import Skipped
from dreamc.diagnostics.blot import blotted

_FORMULA = ("=", "+", "-", "@")


class Whole(Struct, frozen=True):
    """Everything that is said of logs. `logs` as they are shown."""

    logs: tuple[str, ...]
    report: Report
    skipped: Skipped
    savings: Savings | None
    forecast: Forecast | None
    repriced: bool


def clean(text: str) -> str:
    """Secrets blotted, control signs spelt out."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in blotted(text))


def usd(nano: int) -> Decimal:
    """Exactly."""
    return Decimal(nano).scaleb(-9) if nano else Decimal(0)


def value(found: Whole) -> dict[str, Any]:
    """For programs. Amounts are exact decimals in USD, seconds and shares are numbers, days are in UTC."""
    report = found.report
    return {
        "logs": [clean(one) for one in found.logs],
        "by": list(report.by),
        "since": report.since,
        "until": report.until,
        "first_day": report.first,
        "last_day": report.last,
        "lines": report.lines,
        "lines_reported": report.inside,
        "repriced": found.repriced,
        "skipped": to_builtins(found.skipped),
        "rows": [_row(report, row) for row in report.rows],
        "total": _figures(report.total),
        "reasons": [{"kind": one.kind, "reason": clean(one.text), "count": one.count} for one in report.reasons],
        "unpriced": {clean(member): count for member, count in report.unpriced},
        "savings": None if found.savings is None else _savings(found.savings),
        "forecast": None if found.forecast is None else _forecast_value(found.forecast),
    }


def _row(report: Report, row: Row) -> dict[str, Any]:
    named: dict[str, Any] = {
        column: None if one == NONE else clean(one) for column, one in zip(report.by, row.key, strict=True)
    }
    return {**named, **_figures(row.figures)}


def _figures(one: Figures) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "errors": one.errors,
        "rejected": one.rejected,
        "requests": one.requests,
        "local_requests": one.local,
        "cloud_requests": one.cloud,
        "cached_requests": one.cached,
        "failed_requests": one.failed,
        "refused_requests": one.refused,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "usd": usd(one.nano_usd),
        "rejected_usd": usd(one.nano_rejected),
        "own_calls_usd": usd(one.nano_own),
        "p50_s": one.p50_s,
        "p95_s": one.p95_s,
    }


def _savings(saved: Savings) -> dict[str, Any]:
    against = saved.reference
    return {
        "usd": usd(saved.nano_usd),
        "share": saved.share,
        "pure_api_usd": usd(saved.nano_pure),
        "paid_usd": usd(saved.nano_paid),
        "reference_model": against.name,
        "reference_tier": against.tier,
        "usd_per_mtok": {"input": saved.price.input, "output": saved.price.output},
        "note": NOTE,
    }


def _forecast_value(one: Forecast) -> dict[str, Any]:
    told = {"month": one.month, "through": one.through, "full_days": one.days, "spent_usd": usd(one.spent)}
    if one.too_early:
        return {**told, "too_early": one.too_early}
    money = {"expected_usd": usd(one.expected), "low_usd": usd(one.low), "high_usd": usd(one.high), "band": 0.8}
    return {**told, **money, "caps": [_cap(outlook) for outlook in one.outlooks]}


def _cap(one: Outlook) -> dict[str, Any]:
    cap = {"provider": one.cap.provider, "period": one.cap.period, "limit_usd": usd(one.cap.nano_usd)}
    days = {"reached": one.reached, "times": one.times, "early": one.early, "likely": one.likely, "late": one.late}
    return {**cap, "spent_usd": usd(one.spent), **days, "chance": round(one.chance, 4)}


def as_csv(report: Report) -> str:
    """One row per value of the columns, without the total. A name that a spreadsheet would take for a formula has a '
    before it (https://owasp.org/www-community/attacks/CSV_Injection)."""
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\n").writerow
    write((*report.by, *_figures(report.total)))
    for row in report.rows:
        figures = ("" if one is None else f"{one:f}" if isinstance(one, Decimal) else one
                   for one in _figures(row.figures).values())  # fmt: skip
        write((*(_inert(clean(one)) for one in row.key), *figures))
    return file.getvalue()


def _inert(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
