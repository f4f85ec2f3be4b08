"""The tables of the tally, in one SQLite file: calls per day and kind of call, and how far each writer is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .latency import RANGES

KEY = ("day", "location", "source", "tier", "member", "status")
AMOUNTS = ("calls", "prompt_tokens", "completion_tokens", "nano_usd", "latency_us")
EVER = "ever"
"""In place of a day: everything that was ever counted. Sorts behind every date."""

_RANGES = tuple(f"range{at}" for at in range(RANGES))
_SUMS = (*AMOUNTS, *_RANGES)
_COLUMNS = ", ".join((*KEY, *_SUMS))
_CALLS = (
    f"CREATE TABLE IF NOT EXISTS calls ({', '.join(f'{name} TEXT NOT NULL' for name in KEY)}, "
    f"{', '.join(f'{name} INTEGER NOT NULL' for name in _SUMS)}, PRIMARY KEY ({', '.join(KEY)})) WITHOUT ROWID"
)
_WRITERS = "CREATE TABLE IF NOT EXISTS writers (writer TEXT PRIMARY KEY, n INTEGER, day TEXT) WITHOUT ROWID"
# The names are constants of this module.
_ADD = (
    f"INSERT INTO calls ({_COLUMNS}) VALUES ({', '.join('?' * (len(KEY) + len(_SUMS)))}) "  # noqa: S608
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in _SUMS)}"
)
_READ = f"SELECT {_COLUMNS} FROM calls WHERE day BETWEEN ? AND ?"  # noqa: S608
_REACHED = "INSERT INTO writers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = excluded.n, day = excluded.day"
_WAIT_S = 2.0

Key = tuple[str, ...]
Sums = list[int]


@dataclass(frozen=True, slots=True)
class Line:
    """Calls of one kind on one ISO day in UTC. `nano_usd` is a billionth of a dollar, `latency_us` microseconds in
    all, `ranges` calls per range of latency.BOUNDS_S; only calls that were answered have a latency."""

    day: str
    location: str
    source: str
    tier: str
    member: str
    status: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    nano_usd: int
    latency_us: int
    ranges: tuple[int, ...]


def connect(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error or OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = sqlite3.connect(path, timeout=_WAIT_S, check_same_thread=False, isolation_level=None)
    try:
        found.execute("PRAGMA journal_mode=WAL")
        found.execute("PRAGMA synchronous=NORMAL")
        found.execute(_CALLS)
        found.execute(_WRITERS)
    except sqlite3.Error:
        found.close()
        raise
    return found


def is_new(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever counted."""
    with closing(connection.execute("SELECT 1 FROM writers LIMIT 1")) as found:
        return found.fetchone() is None


def reached(connection: sqlite3.Connection, writers: Iterable[str]) -> dict[str, int]:
    """The last number that was counted of each writer that is known."""
    select = "SELECT n FROM writers WHERE writer = ?"
    rows = ((writer, connection.execute(select, (writer,)).fetchone()) for writer in writers)
    return {writer: int(row[0]) for writer, row in rows if row is not None}


def add(
    connection: sqlite3.Connection, sums: Mapping[Key, Sums], last: Mapping[str, int], today: str, forget: str
) -> None:
    """Adds to the calls of each day and to those of all time; what is before the day `forget` goes away."""
    connection.executemany(_ADD, [(*key, *values) for key, values in _with_ever(sums).items()])
    connection.executemany(_REACHED, [(writer, n, today) for writer, n in last.items()])
    connection.execute("DELETE FROM calls WHERE day < ?", (forget,))
    connection.execute("DELETE FROM writers WHERE day < ?", (forget,))


def read(connection: sqlite3.Connection, first_day: str, last_day: str) -> tuple[Line, ...]:
    width = len(KEY) + len(AMOUNTS)
    with closing(connection.execute(_READ, (first_day, last_day))) as found:
        return tuple(Line(*(*row[:width], tuple(row[width:]))) for row in found)


def _with_ever(sums: Mapping[Key, Sums]) -> dict[Key, Sums]:
    ever: dict[Key, Sums] = {}
    for (_, *rest), values in sums.items():
        key = (EVER, *rest)
        ever[key] = [one + more for one, more in zip(ever[key], values, strict=True)] if key in ever else values
    return {**sums, **ever}
