"""What a usage log adds up to: calls, requests, tokens, money and latency, by any of its columns. Pure.

Money is added up in whole nano-dollars, so that rows and total agree to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from dreamc.cost.sketch import merged, quantile, range_of
from dreamc.cost.usage_log import CALLED, Line
from dreamc.errors import DreamError
from dreamc.runtime.money import NANO

Column = Literal["day", "month", "tier", "model", "action", "client", "provider", "status", "alias"]
NONE = "(none)"
MOST_ROWS = 20_000
"""Rows of a report: a client may name as many kinds of action as it likes."""
MOST_REASONS = 10_000
"""Different reasons that are told apart; of more than that the commonest may be missed."""
SHOWN_REASONS = 5
_NUMBER = re.compile(r"(?<![\w.-])\d[\d.,]*(?![\w-])")


class Figures(Struct, frozen=True):
    """What calls came to. `errors` and `rejected` are among the `calls`; `local`, `cloud`, `cached`, `failed` and
    `refused` are requests. `nano_rejected` was paid for answers that were not passed on, `nano_own` for calls of the
    gateway's own; both are in `nano_usd`. Latency in seconds of answered calls, off by 1 % at most."""

    calls: int
    errors: int
    rejected: int
    local: int
    cloud: int
    cached: int
    failed: int
    refused: int
    prompt_tokens: int
    completion_tokens: int
    answered_prompt_tokens: int
    answered_completion_tokens: int
    nano_usd: int
    nano_rejected: int
    nano_own: int
    p50_s: float | None
    p95_s: float | None

    @property
    def answered(self) -> int:
        return self.local + self.cloud + self.cached

    @property
    def requests(self) -> int:
        """Requests of clients, whatever became of them."""
        return self.answered + self.failed + self.refused


class Row(Struct, frozen=True):
    """One value of each column that was asked for."""

    key: tuple[str, ...]
    figures: Figures


class Reason(Struct, frozen=True):
    """Why requests failed or were refused, or answers rejected; numbers in it are N."""

    kind: str
    text: str
    count: int


class Spent(Struct, frozen=True):
    """What one provider charged on one ISO day (UTC)."""

    day: str
    provider: str
    nano_usd: int


class Report(Struct, frozen=True):
    """`first` and `last`: the days of the whole log, "" where it holds nothing; `spent` is of the whole log as well,
    `rows`, `total`, `reasons` and `unpriced` of the days asked for. `unpriced`: calls of cloud models that used tokens
    and were booked at nothing."""

    by: tuple[Column, ...]
    since: str | None
    until: str | None
    first: str
    last: str
    lines: int
    inside: int
    rows: tuple[Row, ...]
    total: Figures
    reasons: tuple[Reason, ...]
    spent: tuple[Spent, ...]
    unpriced: tuple[tuple[str, int], ...]


def report(
    lines: Iterable[Line],
    by: Sequence[Column] = ("day",),
    since: str | None = None,
    until: str | None = None,
    costs: Callable[[Line], int] | None = None,
) -> Report:
    """`since` and `until` are ISO days in UTC, both included. `costs` says nano-dollars of a line; without it what was
    booked. Raises DreamError where the columns have more than MOST_ROWS values."""
    made = _Counted(tuple(by), since or "", until or "9999")
    for line in lines:
        made.add(line, round(line.usd * NANO) if costs is None else costs(line))
    return made.report(since, until)


class _Sums:
    """One row while it grows."""

    __slots__ = ("kinds", "nano", "nano_own", "nano_rejected", "read", "served", "sketch", "wrote")

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.served: dict[str, list[int]] = {}
        self.read = self.wrote = self.nano = self.nano_rejected = self.nano_own = 0
        self.sketch: dict[int, int] = {}

    def add(self, line: Line, kind: str, nano: int) -> None:
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.read += line.prompt_tokens
        self.wrote += line.completion_tokens
        if nano:
            self.nano += nano
            if line.part:
                self.nano_own += nano
            elif kind == "rejected":
                self.nano_rejected += nano
        if kind == "ok":
            at = range_of(line.latency_s)
            self.sketch[at] = self.sketch.get(at, 0) + 1
        if line.served:
            found = self.served.setdefault(line.served, [0, 0, 0])
            found[0] += 1
            found[1] += line.prompt_tokens
            found[2] += line.completion_tokens


class _Counted:
    """All rows while they grow, and what is not in them."""

    def __init__(self, by: tuple[Column, ...], since: str, until: str) -> None:
        self._by, self._since, self._until = by, since, until
        self._columns = tuple(COLUMNS[name] for name in by)
        self._rows: dict[tuple[str, ...], _Sums] = {}
        self._spent: dict[tuple[str, str], int] = {}
        self._reasons: dict[tuple[str, str], int] = {}
        self._unpriced: dict[str, int] = {}
        self._first, self._last, self._lines, self._inside = "9999", "", 0, 0

    def add(self, line: Line, nano: int) -> None:
        day = line.time[:10]
        self._lines += 1
        self._first, self._last = min(self._first, day), max(self._last, day)
        if nano:
            spot = (day, line.provider)
            self._spent[spot] = self._spent.get(spot, 0) + nano
        if self._since <= day <= self._until:
            self._inside += 1
            self._count(line, nano)

    def _count(self, line: Line, nano: int) -> None:
        key = tuple([column(line) for column in self._columns])
        found = self._rows.get(key)
        if found is None:
            if len(self._rows) >= MOST_ROWS:
                raise _too_many(self._by)
            found = self._rows[key] = _Sums()
        kind, _, why = line.status.partition(":")
        found.add(line, kind, nano)
        if why:
            self._reason(kind, why)
        if not nano and kind == "ok" and line.location == "cloud" and line.served != "cache" and line.prompt_tokens:
            self._unpriced[line.member] = self._unpriced.get(line.member, 0) + 1

    def _reason(self, kind: str, why: str) -> None:
        key = (kind, _plain(why))
        if key in self._reasons or len(self._reasons) < MOST_REASONS:
            self._reasons[key] = self._reasons.get(key, 0) + 1

    def report(self, since: str | None, until: str | None) -> Report:
        rows = (Row(key, _figures([sums])) for key, sums in self._rows.items())
        return Report(
            by=self._by,
            since=since,
            until=until,
            first=self._first if self._lines else "",
            last=self._last,
            lines=self._lines,
            inside=self._inside,
            rows=tuple(sorted(rows, key=_order(self._by))),
            total=_figures(list(self._rows.values())),
            reasons=_commonest(self._reasons),
            spent=tuple(Spent(*spot, nano) for spot, nano in sorted(self._spent.items())),
            unpriced=tuple(sorted(self._unpriced.items())),
        )


def _figures(sums: Sequence[_Sums]) -> Figures:
    def kind(*names: str) -> int:
        return sum(one.kinds.get(name, 0) for one in sums for name in names)

    def served(at: int, *names: str) -> int:
        return sum(found[at] for one in sums for name, found in one.served.items() if not names or name in names)

    sketch = merged(one.sketch for one in sums)
    return Figures(
        calls=kind(*CALLED),
        errors=kind("error"),
        rejected=kind("rejected"),
        local=served(0, "local"),
        cloud=served(0, "cloud"),
        cached=served(0, "cache"),
        failed=kind("failed"),
        refused=kind("refused"),
        prompt_tokens=sum(one.read for one in sums),
        completion_tokens=sum(one.wrote for one in sums),
        answered_prompt_tokens=served(1),
        answered_completion_tokens=served(2),
        nano_usd=sum(one.nano for one in sums),
        nano_rejected=sum(one.nano_rejected for one in sums),
        nano_own=sum(one.nano_own for one in sums),
        p50_s=_milli(quantile(sketch, 0.5)),
        p95_s=_milli(quantile(sketch, 0.95)),
    )


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _order(by: tuple[Column, ...]) -> Callable[[Row], tuple[object, ...]]:
    """By time where a column is one; else the dearest first. What has no value stands last."""

    def named(row: Row) -> tuple[object, ...]:
        return tuple((value == NONE, value) for value in row.key)

    if "day" in by or "month" in by:
        return named
    return lambda row: (-row.figures.nano_usd, -row.figures.calls, named(row))


def _commonest(found: Mapping[tuple[str, str], int]) -> tuple[Reason, ...]:
    reasons = sorted((Reason(*key, count) for key, count in found.items()), key=lambda one: (-one.count, one.text))
    kinds = ("refused", "failed", "rejected")
    return tuple(one for kind in kinds for one in [one for one in reasons if one.kind == kind][:SHOWN_REASONS])


@lru_cache(maxsize=4096)
def _plain(why: str) -> str:
    """Reasons that differ in an amount only are one."""
    return _NUMBER.sub("N", why.strip())


def _too_many(by: tuple[Column, ...]) -> DreamError:
    what = f"by {', '.join(by)} the log has more than {MOST_ROWS:,} rows"
    return DreamError(what, "", "group by fewer columns, or fewer days with --since and --until")


def _source(line: Line) -> str:
    return line.provider or line.location or NONE


COLUMNS: Mapping[Column, Callable[[Line], str]] = {
    "day": lambda line: line.time[:10],
    "month": lambda line: line.time[:7],
    "tier": lambda line: line.tier or NONE,
    "model": lambda line: line.member or NONE,
    "action": lambda line: line.action or NONE,
    "client": lambda line: line.client or NONE,
    "provider": _source,
    "status": lambda line: line.status.partition(":")[0],
    "alias": lambda line: line.alias or NONE,
}
"""How a line's value of each column is found; local models are the provider "local"."""
