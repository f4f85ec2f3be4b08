"""What /stats says: this month's money, requests and savings, and thirty days by day and source. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .latency import quantile
from .ledger import Account, Day, Limit
from .money import Usage, cost, dollars
from .tally_sql import Line
from .types import Member, Policy

Value = dict[str, Any]

DAYS = 30
SCOPE = "requests, tokens and latency: the gateways of this host; money: every gateway that shares the ledger"
NOTE = (
    "What this month's answered requests would have cost at the reference model's price, with the tokens that were "
    "counted here, less what was paid. Power and hardware of local models are not in it."
)
CALLED = ("ok", "error", "rejected")


@dataclass(frozen=True, slots=True)
class Money:
    """From the ledger: `days` of this month, and what is counted against each limit; None where it cannot be read."""

    days: tuple[Day, ...] | None
    accounts: tuple[tuple[Limit, Account], ...] | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The model that savings are measured against: the first cloud model of the dearest tier that has one."""

    member: Member
    usd_per_mtok: dict[str, float]


def first_day(at: datetime) -> str:
    """The first ISO day that `stats` needs: of the month, or of the last thirty days."""
    month = at.astimezone(UTC).date().replace(day=1)
    return min(month, at.astimezone(UTC).date() - timedelta(days=DAYS - 1)).isoformat()


def stats(policy: Policy, mode: str, lines: Sequence[Line], money: Money, at: datetime) -> Value:
    """`lines` from `first_day` to today; amounts in USD, latencies in seconds, days in UTC."""
    today = at.astimezone(UTC).date()
    month = tuple(line for line in lines if line.day >= today.replace(day=1).isoformat())
    since = (today - timedelta(days=DAYS - 1)).isoformat()
    recent = tuple(line for line in lines if line.day >= since)
    called = tuple(line for line in month if line.status in CALLED)
    return {
        "stack": policy.stack,
        "mode": mode,
        "time": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "scope": SCOPE,
        **_money(policy, money, today.isoformat()),
        **_requests(month),
        "savings": savings(policy, month),
        "tiers": _table(called, "tier", policy.tiers),
        "sources": _table(called, "source"),
        "members": _table(called, "member", tuple(policy.members)),
        "first_day": since,
        "last_day": today.isoformat(),
        "days": _days(recent),
    }


def reference(policy: Policy) -> Reference | None:
    """None where no cloud model has a price. Without tiers, the model whose output costs the most."""
    priced = tuple(one for one in policy.members.values() if one.location == "cloud" and one.price is not None)
    placed = (one for tier in reversed(policy.tiers) for one in priced if one.tier == tier)
    dearest = max(priced, key=lambda one: one.price.output if one.price else 0.0, default=None)
    found = next(placed, dearest)
    if found is None or found.price is None:
        return None
    return Reference(found, {"input": found.price.input, "output": found.price.output})


def savings(policy: Policy, month: Sequence[Line]) -> Value | None:
    """This month against the reference model alone, in USD; None where there is nothing to measure against.

    At its tariff of short prompts: the sum of a month does not say which prompts were long.
    """
    against = reference(policy)
    if against is None or against.member.price is None:
        return None
    served = tuple(line for line in month if line.status == "served")
    used = Usage(sum(line.prompt_tokens for line in served), sum(line.completion_tokens for line in served))
    pure, paid = (
        cost(replace(against.member.price, above_tokens=None, above=None), used),
        sum(line.nano_usd for line in month),
    )
    return {
        "usd": dollars(pure - paid),
        "share": round(1 - paid / pure, 4) if pure else None,
        "pure_api_usd": dollars(pure),
        "paid_usd": dollars(paid),
        "reference_model": against.member.name,
        "reference_tier": against.member.tier,
        "usd_per_mtok": against.usd_per_mtok,
        "note": NOTE,
    }


def _money(policy: Policy, money: Money, today: str) -> Value:
    days = money.days
    return {
        "cost_this_month_usd": None if days is None else _spent(days),
        "cost_today_usd": None if days is None else _spent(one for one in days if one.day == today),
        "budget_left_usd": _left(money, None),
        "budgets": None if money.accounts is None else [_budget(*one) for one in money.accounts],
        "alert_at": policy.budget.alert_at,
    }


def _spent(days: Iterable[Day]) -> float:
    return dollars(sum(one.account.spent for one in days))


def _left(money: Money, provider: str | None) -> float | None:
    """USD under the tightest limit; None without one, 0 where the ledger cannot be read."""
    if money.accounts is None:
        return 0.0
    left = tuple(max(limit.nano - one.spent, 0) for limit, one in money.accounts if limit.provider == provider)
    return dollars(min(left)) if left else None


def _budget(limit: Limit, account: Account) -> Value:
    return {
        "provider": limit.provider,
        "period": limit.period,
        "limit_usd": dollars(limit.nano),
        "spent_usd": dollars(account.spent),
        "in_doubt_usd": dollars(account.doubt),
        "reserved_usd": dollars(account.held),
        "left_usd": dollars(max(limit.nano - account.spent, 0)),
    }


def _requests(month: Sequence[Line]) -> Value:
    """Requests, not calls: one that was escalated is one."""

    def count(status: str, location: str | None = None) -> int:
        return sum(one.calls for one in month if one.status == status and location in (None, one.location))

    return {
        "local_requests": count("served", "local"),
        "cloud_requests": count("served", "cloud"),
        "cached_requests": count("served", "cache"),
        "failed_requests": count("failed"),
        "refused_requests": count("refused"),
    }


def _table(lines: Sequence[Line], column: str, order: tuple[str, ...] = ()) -> list[Value]:
    """One row per value of a column, null for none: in the given order first, then by name."""
    found = _grouped(lines, lambda line: (str(getattr(line, column)),))
    rest = sorted(name for (name,) in found if name not in order)
    names = (*(name for name in order if (name,) in found), *rest)
    return [{column: name or None, **_sums(found[name,])} for name in names]


def _days(recent: Sequence[Line]) -> list[Value]:
    """One row per day and source on which something was called."""
    called = tuple(line for line in recent if line.status in CALLED and line.source)
    found = _grouped(called, lambda line: (line.day, line.location, line.source))
    return [
        {"day": day, "location": location, "source": source, **_sums(found[day, location, source])}
        for day, location, source in sorted(found)
    ]


def _grouped(lines: Sequence[Line], key: Callable[[Line], tuple[str, ...]]) -> dict[tuple[str, ...], list[Line]]:
    found: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return found


def _sums(lines: Sequence[Line]) -> Value:
    ranges = [sum(column) for column in zip(*(line.ranges for line in lines), strict=True)]

    def calls(status: str) -> int:
        return sum(line.calls for line in lines if line.status == status)

    return {
        "calls": sum(line.calls for line in lines),
        "errors": calls("error"),
        "rejected": calls("rejected"),
        "prompt_tokens": sum(line.prompt_tokens for line in lines),
        "completion_tokens": sum(line.completion_tokens for line in lines),
        "usd": dollars(sum(line.nano_usd for line in lines)),
        "p50_s": _rounded(quantile(ranges, 0.5)),
        "p95_s": _rounded(quantile(ranges, 0.95)),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
