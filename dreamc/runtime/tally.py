"""The tally: what was called, by day, source, tier and model. Counted beside the requests, once a second.

The usage log is the truth, the tally a sum over it. Each line has its writer and a number, and the tally knows how
far every writer is counted: a line counts once, whoever counts it. What the last second before a kill -9 held is
counted from the log at the next start; where no log is written, or the disk was full, it is lost.
"""

from __future__ import annotations

import atexit
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .latency import RANGES, range_of
from .logfile import files
from .tally_sql import AMOUNTS, EVER, Key, Line, Sums, add, connect, is_new, reached, read

_LOG = logging.getLogger("dream.usage")

EVERY_S = 1.0
KEPT_DAYS = 400
MOST_WAITING = 100_000
"""Lines that wait for a file that cannot be written; later ones are counted from the log at the next start."""
TAIL = 4_194_304
"""Bytes at the end of the log that are looked through at a start; of a tally that is new, all of it."""
BATCH = 5_000

Facts = Mapping[str, object]


class TallyError(Exception):
    """The tally cannot be read."""


class Tally:
    """Safe for threads; several processes may share the file. `add` only takes note: a thread of its own counts."""

    def __init__(self, path: Path | None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._clock = clock
        self._waiting: list[Facts] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._open: sqlite3.Connection | None = None
        self._failing = False

    def add(self, facts: Facts) -> None:
        """Notes a line of the usage log; never waits for the file."""
        if self._path is None:
            return
        with self._lock:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(facts)
        if self._thread is None:
            self.start()

    def start(self, log: Path | None = None) -> None:
        """Counts every second from now on, and first what is in the log and was not counted."""
        with self._lock:
            if self._thread is not None or self._path is None:
                return
            self._thread = threading.Thread(target=self._run, args=(log,), name="dream-tally", daemon=True)
        atexit.register(self.close)
        self._thread.start()

    def flush(self) -> None:
        """Counts what waits. What fails is said once and tried again; it may block for seconds."""
        with self._writing:
            with self._lock:
                batch, self._waiting = self._waiting, []
            try:
                self._count(batch)
                self._failing = False
            except (sqlite3.Error, OSError) as error:
                with self._lock:
                    self._waiting = (batch + self._waiting)[:MOST_WAITING]
                self._complain(error)

    def catch_up(self, log: Path) -> None:
        """Counts what the log holds and the tally does not: its end, or everything where the tally is new."""
        with self._writing:
            try:
                for batch in _batches(log, whole=is_new(self._connection())):
                    self._count(batch)
            except (sqlite3.Error, OSError) as error:
                self._complain(error)

    def lines(self, first_day: str, last_day: str) -> tuple[Line, ...]:
        """What was counted from one ISO day to another, both included. Raises TallyError."""
        self.flush()
        with self._writing:
            try:
                return read(self._connection(), first_day, last_day) if self._path is not None else ()
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise TallyError(f"{self._path}: {error}") from error

    def ever(self) -> tuple[Line, ...]:
        """Everything that was ever counted. Raises TallyError."""
        return self.lines(EVER, EVER)

    def close(self) -> None:
        """Counts what waits and lets go of the file."""
        self._stop.set()
        self.flush()
        with self._writing:
            self._drop()

    def _run(self, log: Path | None) -> None:
        if log is not None:
            self.catch_up(log)
        while not self._stop.wait(EVERY_S):
            self.flush()

    def _count(self, batch: Sequence[Facts]) -> None:
        if not batch:
            return
        connection, today = self._connection(), self._clock()
        connection.execute("BEGIN IMMEDIATE")
        try:
            last = reached(connection, {str(facts.get("writer")) for facts in batch})
            sums = _sums(batch, last)
            forget = (today - timedelta(days=KEPT_DAYS)).date().isoformat()
            add(connection, sums, last, today.date().isoformat(), forget)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise

    def _connection(self) -> sqlite3.Connection:
        if self._path is None:
            raise OSError("no tally is kept")
        if self._open is None:
            self._open = connect(self._path)
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _complain(self, error: Exception) -> None:
        """Drops the connection, so that the next try opens the file anew."""
        self._drop()
        if not self._failing:
            _LOG.error("the tally %s cannot be written, requests go on: %s", self._path, error)
        self._failing = True


def _sums(batch: Sequence[Facts], last: dict[str, int]) -> dict[Key, Sums]:
    """The lines that were not counted, added up per key; `last` is brought up to them."""
    sums: dict[Key, Sums] = {}
    for facts in batch:
        writer, number = facts.get("writer"), facts.get("n")
        if not isinstance(writer, str) or not isinstance(number, int) or number <= last.get(writer, 0):
            continue
        last[writer] = number
        for key, values in _entries(facts):
            sums[key] = [one + more for one, more in zip(sums[key], values, strict=True)] if key in sums else values
    return sums


def _entries(facts: Facts) -> Iterator[tuple[Key, Sums]]:
    """What a line adds: a call, and where it answered a request, that request with its tokens."""
    day, status = str(facts.get("time"))[:10], str(facts.get("status")).partition(":")[0]
    served = str(facts.get("served") or "")
    cached = served == "cache"
    location = "cache" if cached else str(facts.get("location") or "")
    source = location if location != "cloud" else str(facts.get("provider") or location)
    key = (day, location, source, str(facts.get("tier") or ""), str(facts.get("member") or ""), status)
    tokens = (_whole(facts.get("prompt_tokens")), _whole(facts.get("completion_tokens")))
    seconds = _number(facts.get("latency_s")) if status == "ok" else None
    ranges = [0] * RANGES
    if seconds is not None:
        ranges[range_of(seconds)] = 1
    yield key, [1, *tokens, round(_number(facts.get("usd")) * 1e9), round((seconds or 0) * 1e6), *ranges]
    if served:
        yield (day, served, "", "", "", "served"), [1, *tokens, *[0] * (len(AMOUNTS) - 3 + RANGES)]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e12 else 0.0


def _whole(value: object) -> int:
    return int(_number(value))


def _batches(log: Path, *, whole: bool) -> Iterator[list[Facts]]:
    """The lines of the log, the oldest first; only its end unless the whole of it is wanted."""
    found, batch = files(log), list[Facts]()
    for path in found if whole else found[-2:]:
        skip = 0 if whole else max(path.stat().st_size - TAIL, 0)
        with path.open("rb") as file:
            file.seek(skip)
            for line in file:
                facts = _parsed(line)
                batch.extend(() if facts is None else (facts,))
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
    yield batch


def _parsed(line: bytes) -> Facts | None:
    """A line of the log; None for one that is broken, or without a number."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and "n" in facts else None
