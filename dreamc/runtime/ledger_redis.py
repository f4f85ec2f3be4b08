"""The ledger in Redis, for gateways that share one. What is written survives Redis as its own settings say (AOF)."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from . import ledger as book
from .ledger import Account, Answer, Day, LedgerError, Limit, Op, Open, Standing
from .ledger_redis_script import SCRIPT

WAIT_S = 1.0
"""How long Redis may take to connect, and to answer."""


class RedisLedger:
    def __init__(self, address: str, stack: str) -> None:
        self._address = address
        self._key = f"{{dream:{stack}}}:"
        self._open: Any = None
        self._script: Any = None

    def apply(self, ops: Sequence[Op]) -> list[Answer]:
        text = json.dumps([_written(op) for op in ops])
        found = json.loads(self._asked(lambda: self._script(keys=[self._key], args=[text])))
        return [_answer(op, one) for op, one in zip(ops, found, strict=True)]

    def days(self, first: str, last: str) -> tuple[Day, ...]:
        sums: dict[tuple[str, str], dict[str, int]] = {}
        for day, field, amount in self._asked(lambda: self._rows(first[:7], last[:7])):
            provider, _, what = field.rpartition("|")
            if first <= day <= last:
                sums.setdefault((day, provider), {})[what] = int(amount)
        return tuple(_day(day, provider, found) for (day, provider), found in sorted(sums.items()))

    def open(self) -> tuple[Open, ...]:
        found = self._asked(lambda: self._open.hgetall(f"{self._key}reserved"))
        rows = (_reserved(id_, json.loads(text)) for id_, text in found.items())
        return tuple(sorted(rows, key=lambda row: (row.at, row.id)))

    def set_day(self, day: str) -> None:
        self._asked(lambda: self._open.set(f"{self._key}day", day))

    def close(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _rows(self, first: str, last: str) -> list[tuple[str, str, str]]:
        """(day, "<provider>|<what>", amount) of every field from one month to another."""
        prefix = f"{self._key}days:"
        found: list[tuple[str, str, str]] = []
        for key in self._open.scan_iter(f"{prefix}*"):
            month = key.removeprefix(prefix)
            fields = self._open.hgetall(key).items() if first <= month <= last else ()
            found += [(f"{month}-{name[:2]}", name[3:], amount) for name, amount in fields]
        return found

    def _asked(self, work: Callable[[], Any]) -> Any:
        """What Redis answers. Raises LedgerError; a batch that was cut off may be sent again, it is applied once."""
        import redis

        try:
            self._connect()
            return work()
        except (redis.RedisError, OSError) as error:
            self.close()
            raise LedgerError(f"Redis: {error}") from error

    def _connect(self) -> None:
        if self._open is None:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            waits: dict[str, Any] = {"socket_timeout": WAIT_S, "socket_connect_timeout": WAIT_S}
            retry = Retry(NoBackoff(), 0)
            self._open = redis.Redis.from_url(self._address, decode_responses=True, retry=retry, **waits)
            self._script = self._open.register_script(SCRIPT)


def _written(op: Op) -> dict[str, object]:
    """As the script reads it: amounts as texts, since JSON numbers in Lua lose digits."""
    found: dict[str, object] = {"op": type(op).__name__.lower()}
    for name in op.__dataclass_fields__:
        value = getattr(op, name)
        found[name] = str(value) if name == "nano" else value
    if isinstance(op, book.Reserve):
        found["limits"] = [_limit(limit) for limit in _own(op)]
    elif isinstance(op, book.Look):
        found["limits"] = [_limit(limit) for limit in op.limits]
    return found


def _own(op: book.Reserve) -> tuple[Limit, ...]:
    return tuple(limit for limit in op.limits if limit.provider in (None, op.provider))


def _limit(limit: Limit) -> dict[str, str]:
    return {"provider": limit.provider or "", "period": limit.period, "nano": str(limit.nano)}


def _answer(op: Op, found: Any) -> Answer:
    match op:
        case book.Reserve():
            return _own(op)[found - 1] if found else None
        case book.Look():
            day, sums = found
            return Standing(day, tuple(Account(*map(int, one)) for one in sums))
        case book.Claim():
            return bool(found)
    return None


def _day(day: str, provider: str, found: dict[str, int]) -> Day:
    settled, doubt, held, calls = (found.get(what, 0) for what in ("settled", "doubt", "held", "calls"))
    return Day(day, provider, Account(settled, doubt, held), calls)


def _reserved(id_: str, row: dict[str, str]) -> Open:
    return Open(id_, row["day"], row["provider"], int(row["nano"]), row["instance"], row["at"], row["why"])
