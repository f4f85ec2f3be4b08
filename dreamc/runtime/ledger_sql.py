"""The ledger in SQL, the same for SQLite and PostgreSQL. The caller holds the only write transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .ledger import (
    Account,
    Add,
    Adopt,
    Answer,
    Claim,
    Day,
    Doubt,
    Limit,
    Look,
    Op,
    Open,
    Reserve,
    Settle,
    Standing,
    Touch,
    within,
)

Run = Callable[..., list[tuple[Any, ...]]]
"""(statement with ? for each parameter, *parameters) -> its rows."""

_DAYS_TABLE = """
CREATE TABLE IF NOT EXISTS days (
  day TEXT NOT NULL, provider TEXT NOT NULL,
  settled BIGINT NOT NULL, doubt BIGINT NOT NULL, held BIGINT NOT NULL, calls BIGINT NOT NULL,
  PRIMARY KEY (day, provider))
"""
_RESERVED_TABLE = """
CREATE TABLE IF NOT EXISTS reserved (
  id TEXT PRIMARY KEY, day TEXT NOT NULL, provider TEXT NOT NULL, nano BIGINT NOT NULL,
  instance TEXT NOT NULL, start TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL DEFAULT '')
"""
_FACTS_TABLE = "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
TABLES = (_DAYS_TABLE, _RESERVED_TABLE, _FACTS_TABLE)

_ADD = (
    "INSERT INTO days (day, provider, settled, doubt, held, calls) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (day, provider) DO UPDATE SET settled = days.settled + excluded.settled,"
    " doubt = days.doubt + excluded.doubt, held = days.held + excluded.held, calls = days.calls + excluded.calls"
)
_HOLD = (
    "INSERT INTO reserved (id, day, provider, nano, instance, start, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING RETURNING id"
)
_FACT = "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_CLAIM = "INSERT INTO facts VALUES (?, '') ON CONFLICT (name) DO NOTHING RETURNING name"
_DAY = "SELECT value FROM facts WHERE name = 'day'"
_END = "DELETE FROM reserved WHERE id = ? RETURNING day, provider, nano, why"
_DOUBT = "UPDATE reserved SET why = ? WHERE id = ? AND why = '' RETURNING day, provider, nano"
_LEFT = "UPDATE reserved SET why = ? WHERE instance = ? AND start <> ? AND why = '' RETURNING day, provider, nano"
_DAYS = "SELECT day, provider, settled, doubt, held, calls FROM days WHERE day BETWEEN ? AND ? ORDER BY day, provider"
_OPEN = "SELECT id, day, provider, nano, instance, at, why FROM reserved ORDER BY at, id"


def apply(run: Run, ops: Sequence[Op]) -> list[Answer]:
    batch = _Batch(run)
    answers = [_one(batch, op) for op in ops]
    batch.write()
    return answers


def days(run: Run, first: str, last: str) -> tuple[Day, ...]:
    return tuple(
        Day(day, provider, Account(settled, doubt, held), calls)
        for day, provider, settled, doubt, held, calls in run(_DAYS, first, last)
    )


def open_calls(run: Run) -> tuple[Open, ...]:
    return tuple(Open(*row) for row in run(_OPEN))


def set_day(run: Run, day: str) -> None:
    run(_FACT, "day", day)


class _Batch:
    """One transaction: nobody else writes, so the day and the sums are read once, and what is added is written last."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._day: str | None = None
        self._stored = ""
        self._months: dict[str, dict[tuple[str, str], list[int]]] = {}
        self._added: dict[tuple[str, str], list[int]] = {}

    def today(self, given: str, *, keep: bool) -> str:
        """The highest day seen, which `given` may become."""
        if self._day is None:
            rows = self.run(_DAY)
            self._day = self._stored = str(rows[0][0]) if rows else ""
        day = max(self._day, given)
        if keep:
            self._day = day
        return day

    def add(self, day: str, provider: str, settled: int, doubt: int, held: int, calls: int) -> None:
        amounts = (settled, doubt, held, calls)
        for sums in (self._added, self._month(day)):
            before = sums.get((day, provider), (0, 0, 0, 0))
            sums[day, provider] = [a + b for a, b in zip(before, amounts, strict=True)]

    def accounts(self, day: str, limits: tuple[Limit, ...]) -> tuple[Account, ...]:
        return tuple(_account(self._month(day), day, limit) for limit in limits)

    def write(self) -> None:
        if self._day is not None and self._day != self._stored:
            self.run(_FACT, "day", self._day)
        for (day, provider), amounts in self._added.items():
            self.run(_ADD, day, provider, *amounts)

    def _month(self, day: str) -> dict[tuple[str, str], list[int]]:
        month = day[:7]
        if month not in self._months:
            rows = self.run(_DAYS, f"{month}-01", f"{month}-31")
            self._months[month] = {(at, provider): list(amounts) for at, provider, *amounts in rows}
        return self._months[month]


def _one(batch: _Batch, op: Op) -> Answer:
    match op:
        case Reserve():
            return _reserve(batch, op)
        case Settle():
            _settle(batch, op)
        case Doubt():
            _to_doubt(batch, batch.run(_DOUBT, op.why, op.id))
        case Adopt():
            _to_doubt(batch, batch.run(_LEFT, op.why, op.instance, op.start))
        case Add():
            batch.add(batch.today(op.day, keep=True), op.provider, op.nano, 0, 0, 1)
        case Look():
            day = batch.today(op.day, keep=False)
            return Standing(day, batch.accounts(day, op.limits))
        case Touch():
            batch.run(_FACT, "touched", op.value)
        case Claim():
            return bool(batch.run(_CLAIM, op.key))
    return None


def _reserve(batch: _Batch, op: Reserve) -> Limit | None:
    day = batch.today(op.day, keep=True)
    own = tuple(limit for limit in op.limits if limit.provider in (None, op.provider))
    for limit, account in zip(own, batch.accounts(day, own), strict=True):
        if account.taken + op.nano > limit.nano:
            return limit
    if batch.run(_HOLD, op.id, day, op.provider, op.nano, op.instance, op.start, op.at):
        batch.add(day, op.provider, 0, 0, op.nano, 0)
    return None


def _settle(batch: _Batch, op: Settle) -> None:
    for day, provider, reserved, why in batch.run(_END, op.id):
        doubt, held = (-reserved, 0) if why else (0, -reserved)
        batch.add(day, provider, op.nano, doubt, held, 1 if op.nano else 0)


def _to_doubt(batch: _Batch, rows: list[tuple[Any, ...]]) -> None:
    for day, provider, reserved in rows:
        batch.add(day, provider, 0, reserved, -reserved, 0)


def _account(month: dict[tuple[str, str], list[int]], day: str, limit: Limit) -> Account:
    own = [sums for (at, provider), sums in month.items() if within(limit, day, at, provider)]
    return Account(*(sum(sums[place] for sums in own) for place in range(3)))
