"""Money spent, by calendar day in UTC, in one SQLite file that survives a restart and is shared by worker processes."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

from .types import Budget

_NANO = 1_000_000_000
_WAIT_S = 0.2
_TABLE = "CREATE TABLE IF NOT EXISTS spent (day TEXT PRIMARY KEY, nano_usd INTEGER NOT NULL) WITHOUT ROWID"
_ADD = "INSERT INTO spent VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd"
_SUM = "SELECT COALESCE(SUM(nano_usd), 0) FROM spent WHERE day BETWEEN ? AND ?"


class LedgerError(Exception):
    """The ledger cannot be read or written. Whoever asks must then treat the budget as used up."""


class Ledger:
    """Sums in whole nano-dollars, so that they stay exact. Safe to use from several threads and processes.

    What cannot be written is owed: it is written before anything is read again, so a full or locked file can never
    show money as left that is spent. A commit survives the end of the process; the last ones may be lost with the
    power (synchronous=NORMAL).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._owed: list[tuple[str, int]] = []

    def add(self, usd: float, at: datetime) -> None:
        """Books `usd` on the UTC day of `at`. Raises LedgerError; the amount is then owed, not lost."""
        with self._lock:
            self._owed.append((_day(at), round(usd * _NANO)))
            self._settle()

    def spent(self, first_day: str, last_day: str) -> float:
        """USD spent from one ISO day to another, both included. Raises LedgerError."""
        with self._lock:
            self._settle()
            try:
                row = self._connection().execute(_SUM, (first_day, last_day)).fetchone()
            except (sqlite3.Error, OSError) as error:
                raise self._failed(error) from error
        return int(row[0]) / _NANO

    def left(self, budget: Budget, at: datetime) -> float | None:
        """USD left under the tighter limit, 0 when overdrawn; None without any limit. Raises LedgerError."""
        today = _day(at)
        month = today[:7]
        periods = ((budget.daily_usd, today, today), (budget.monthly_usd, f"{month}-01", f"{month}-31"))
        left = tuple(limit - self.spent(first, last) for limit, first, last in periods if limit is not None)
        return max(min(left), 0.0) if left else None

    def _settle(self) -> None:
        if not self._owed:
            return
        try:
            with self._connection() as connection:
                connection.executemany(_ADD, self._owed)
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error
        self._owed.clear()

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_TABLE)
            self._open = connection
        return self._open

    def _failed(self, error: Exception) -> LedgerError:
        """Drops the connection, so that the next call opens the file anew."""
        if self._open is not None:
            self._open.close()
            self._open = None
        return LedgerError(f"{self._path}: {error}")


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
