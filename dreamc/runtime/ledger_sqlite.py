"""The ledger in one SQLite file: for all gateway processes of one host, as long as the file is on a local disk.

Processes in several containers may share it through a mount: SQLite's locks and its shared memory (WAL) are the
kernel's. A commit survives the end of the process; the last ones may be lost with the power (synchronous=NORMAL).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from . import ledger_sql as sql
from .ledger import Answer, Day, LedgerError, Op, Open

T = TypeVar("T")

WAIT_S = 0.5
"""How long another process may hold the file before it counts as stuck."""


class SqliteLedger:
    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._open: sqlite3.Connection | None = None

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
            with suppress(sqlite3.Error):
                connection.close()

    def _transaction(self, work: Callable[[sql.Run], T]) -> T:
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            found = work(lambda statement, *given: connection.execute(statement, given).fetchall())
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError, OverflowError) as error:
            self.close()  # the next call opens the file anew
            raise LedgerError(f"{self._path}: {error}") from error
        return found

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, WAIT_S, isolation_level=None, check_same_thread=False)
            self._open = connection
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *sql.TABLES):
                connection.execute(statement)
        return self._open


def rows(path: Path, statement: str, *given: Any) -> list[tuple[Any, ...]]:
    """Rows of a ledger's file, for people and tests who look into it."""
    with sqlite3.connect(path, WAIT_S) as connection:
        return connection.execute(statement, given).fetchall()
