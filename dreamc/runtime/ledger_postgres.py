"""The ledger in PostgreSQL, for gateways on several hosts; a schema of its own per stack. Needs psycopg 3."""

# mypy: disable-error-code="no-any-return"
# psycopg need not be installed where the types are checked.

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from . import ledger_sql as sql
from .ledger import Answer, Day, LedgerError, Op, Open

T = TypeVar("T")

WAIT_S = 2
"""How long the server may take to connect, and for one statement."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class PostgresLedger:
    """One transaction at a time for all gateways: an advisory lock of the stack, released with the transaction."""

    def __init__(self, address: str, stack: str) -> None:
        self._address = address
        self._schema = f"dream_{stack}"
        self._open: Any = None

    def apply(self, ops: Sequence[Op]) -> list[Answer]:
        return self._transaction(lambda run: sql.apply(run, ops))

    def days(self, first: str, last: str) -> tuple[Day, ...]:
        return self._transaction(lambda run: sql.days(run, first, last))

    def open(self) -> tuple[Open, ...]:
        return self._transaction(sql.open_calls)

    def set_day(self, day: str) -> None:
        self._transaction(lambda run: sql.set_day(run, day))

    def close(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _transaction(self, work: Callable[[sql.Run], T]) -> T:
        import psycopg

        try:
            connection = self._connection()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(_LOCK, (self._schema,))
                return work(_run(cursor))
        except (psycopg.Error, OSError) as error:
            self.close()
            raise LedgerError(f"PostgreSQL: {' '.join(str(error).split())}") from error

    def _connection(self) -> Any:
        if self._open is None:
            import psycopg
            from psycopg import sql as names

            options = f"-c statement_timeout={WAIT_S}s -c lock_timeout={WAIT_S}s -c client_min_messages=warning"
            keep: dict[str, Any] = {"keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": WAIT_S * 1000}
            connection = psycopg.connect(
                self._address, autocommit=True, connect_timeout=WAIT_S, options=options, **keep
            )
            self._open = connection
            schema = names.Identifier(self._schema)
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(_LOCK, (self._schema,))  # two gateways may start at once
                cursor.execute(names.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
                cursor.execute(names.SQL("SET search_path TO {}").format(schema))
                for statement in sql.TABLES:
                    cursor.execute(statement)
        return self._open


def _run(cursor: Any) -> sql.Run:
    def run(statement: str, *given: Any) -> list[tuple[Any, ...]]:
        cursor.execute(statement.replace("?", "%s"), given)
        return cursor.fetchall() if cursor.description is not None else []

    return run
