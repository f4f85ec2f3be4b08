"""The ledger: what was spent and what is reserved, by UTC calendar day and provider, in SQLite, Redis or PostgreSQL.

A call is reserved at the most that it can cost before it is made, on the day of the reservation, and settled at what it
did cost, on that same day; until then it counts in full, so that settled + in doubt + held never passes a limit.

In doubt is a call whose end nobody saw: the gateway was killed, or the provider was cut off while it answered. It
counts at its worst case for good, fail closed, and is listed; a settlement that comes later, or `accounts settle`,
corrects it. Calls of a gateway are put in doubt when that gateway starts again (`Adopt`).

The ledger's day never goes back: a clock that does finds the highest day that money was reserved on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from .money import nano
from .types import Budget

Period = Literal["day", "month"]


class LedgerError(Exception):
    """The ledger cannot be read or written. Whoever asks must then treat every budget as used up."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Nano-dollars for one calendar day or month; `provider` None is the stack as a whole."""

    provider: str | None
    period: Period
    nano: int


@dataclass(frozen=True, slots=True)
class Account:
    """Nano-dollars counted against a limit: settled, in doubt, and held for calls in flight."""

    settled: int = 0
    doubt: int = 0
    held: int = 0

    @property
    def spent(self) -> int:
        return self.settled + self.doubt

    @property
    def taken(self) -> int:
        return self.settled + self.doubt + self.held


@dataclass(frozen=True, slots=True)
class Standing:
    """The ledger's day, and what is counted against each limit asked for."""

    day: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Reserve:
    """Holds `nano` for the call `id` if that stays within all limits. Answers None, or the limit that is in the way."""

    id: str
    provider: str
    nano: int
    day: str
    instance: str
    start: str
    at: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Settle:
    """Ends a reservation at what the call cost. One that is not there has been settled: nothing happens."""

    id: str
    nano: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Ends a reservation whose cost nobody knows; it stays counted in full."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Add:
    """Books a call that could not be reserved because the ledger was away and no limit forbade it."""

    provider: str
    nano: int
    day: str


@dataclass(frozen=True, slots=True)
class Look:
    """Answers a Standing."""

    day: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Answers True to the first who asks for `key`, and False to everybody after."""

    key: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Puts in doubt what an earlier start of this instance left behind."""

    instance: str
    start: str
    why: str


@dataclass(frozen=True, slots=True)
class Touch:
    """Writes `value` and nothing else: whether the ledger can be written again. Reading may work on a full disk."""

    value: str


Op = Reserve | Settle | Doubt | Add | Look | Claim | Adopt | Touch
Answer = Limit | Standing | bool | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one provider, in nano-dollars."""

    day: str
    provider: str
    account: Account
    calls: int


@dataclass(frozen=True, slots=True)
class Open:
    """A reservation that is not settled: in flight where `why` is empty, else in doubt. `at` is ISO 8601 in UTC."""

    id: str
    day: str
    provider: str
    nano: int
    instance: str
    at: str
    why: str


class Ledger(Protocol):
    """Used by one thread at a time; several processes may use the same ledger."""

    def apply(self, ops: Sequence[Op]) -> list[Answer]:
        """All of them in one transaction, in order, or none. Raises LedgerError."""

    def days(self, first: str, last: str) -> tuple[Day, ...]:
        """From one ISO day to another, both included. Raises LedgerError."""

    def open(self) -> tuple[Open, ...]:
        """Every reservation that is not settled, the oldest first. Raises LedgerError."""

    def set_day(self, day: str) -> None:
        """Puts the ledger's day back, after a clock that ran ahead. Raises LedgerError."""

    def close(self) -> None: ...


def limits(budget: Budget) -> tuple[Limit, ...]:
    """The limits of a policy's budget, the stack's first."""
    pairs: list[tuple[str | None, float | None, float | None]] = [(None, budget.daily_usd, budget.monthly_usd)]
    pairs += [(one.provider, one.daily_usd, one.monthly_usd) for one in budget.providers]
    found: list[Limit] = []
    for provider, daily, monthly in pairs:
        found += [Limit(provider, "day", nano(daily))] if daily is not None else []
        found += [Limit(provider, "month", nano(monthly))] if monthly is not None else []
    return tuple(found)


def within(limit: Limit, day: str, at: str, provider: str) -> bool:
    """Whether money of `provider` on the day `at` counts against a limit, asked for on `day`."""
    same = at == day if limit.period == "day" else at[:7] == day[:7]
    return same and limit.provider in (None, provider)


def day_of(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def open_ledger(address: str, stack: str) -> Ledger:
    """The ledger at a path (SQLite), `redis://…` or `postgresql://…`. Nothing is opened before it is asked.

    LiteLLM's image holds both clients: redis by way of rq in its extra `proxy`, psycopg 3 in `extra-proxy` (LiteLLM
    1.106.2 pyproject.toml and Dockerfile). Raises ValueError where one is missing.
    """
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme in ("redis", "rediss", "unix"):
        _wanted("redis", "Redis")
        from .ledger_redis import RedisLedger

        return RedisLedger(address, stack)
    if scheme in ("postgres", "postgresql"):
        _wanted("psycopg", "PostgreSQL")
        from .ledger_postgres import PostgresLedger

        return PostgresLedger(address, stack)
    if scheme:
        raise ValueError(f"{scheme}:// is no ledger; known: a path, redis://, postgresql://")
    from .ledger_sqlite import SqliteLedger

    return SqliteLedger(address)


def _wanted(package: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise ValueError(f"a ledger in {what} needs the Python package {package}, which is not installed here")
