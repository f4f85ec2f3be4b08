"""The one thread that talks to the ledger: what waits goes in one transaction, and what cannot be written is owed."""

from __future__ import annotations

import atexit
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from .ledger import Answer, Ledger, LedgerError, Look, Op, Standing, Touch

T = TypeVar("T")

_LOG = logging.getLogger("dream.budget")

AGAIN_S = 1.0
"""After a failure everybody is told so at once for this long, and then the ledger is tried again."""
_BATCH = 128
_FLUSH_S = 3.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """Operations that somebody waits for; `answers` None where nobody does, and they are kept until written."""

    ops: tuple[Op, ...]
    answers: Future[list[Answer]] | None

    def wanted(self) -> bool:
        """False where whoever asked has gone; nobody can go any more after this."""
        return self.answers is None or self.answers.set_running_or_notify_cancel()


class Writer:
    """`look` says what to look at after each transaction, `seen` is told what was found there, or why nothing was.

    `seen` runs in the writer's thread. The thread starts with the first operation, so also after a fork.
    """

    def __init__(
        self, ledger: Ledger, look: Callable[[], Look], seen: Callable[[Standing | LedgerError], None]
    ) -> None:
        self._ledger = ledger
        self._look = look
        self._seen = seen
        self._queue: queue.SimpleQueue[_Asked | Callable[[], None] | None] = queue.SimpleQueue()
        self._owed: list[Op] = []
        self._down: tuple[float, LedgerError] | None = None
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, *ops: Op) -> Future[list[Answer]]:
        """Their answers. LedgerError: none of them was written, as far as is known."""
        future: Future[list[Answer]] = Future()
        self._put(_Asked(ops, future))
        return future

    def post(self, *ops: Op) -> None:
        """Written as soon as that can be, in the order of the calls."""
        self._put(_Asked(ops, None))

    def read(self, work: Callable[[Ledger], T]) -> Future[T]:
        """What `work` finds in the ledger."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work(self._ledger))
            except LedgerError as error:
                future.set_exception(error)

        self._put(run)
        return future

    def close(self) -> None:
        """Writes what is waiting, for some seconds at most."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            thread.join(_FLUSH_S)

    def _put(self, item: _Asked | Callable[[], None]) -> None:
        self._queue.put(item)
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="dream-ledger", daemon=True)
                    self._thread.start()
                    atexit.register(self.close)

    def _run(self) -> None:
        open_ = True
        while open_:
            waiting = self._next()
            open_ = None not in waiting
            asked = [one for one in waiting if isinstance(one, _Asked) and one.wanted()]
            if asked or self._owed:
                self._write(asked)
            for work in waiting:
                if work is not None and not isinstance(work, _Asked):
                    work()
        self._ledger.close()

    def _next(self) -> list[_Asked | Callable[[], None] | None]:
        """Everything that is waiting; nothing when it is time to try again what is owed."""
        found: list[_Asked | Callable[[], None] | None] = []
        with suppress(queue.Empty):
            found.append(self._queue.get(timeout=AGAIN_S if self._owed else None))
            while len(found) < _BATCH:
                found.append(self._queue.get_nowait())
        return found

    def _write(self, asked: Sequence[_Asked]) -> None:
        try:
            self._while_up()
            owed = len(self._owed)
            ops = [*self._owed, *(op for one in asked for op in one.ops)]
            again = [] if self._down is None else [Touch(str(time.time_ns()))]
            answers = self._ledger.apply([*ops, *again, self._look()])
        except LedgerError as error:
            self._failed(asked, error)
            return
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, or waits for ever
            _LOG.exception("the ledger failed in an unforeseen way")
            self._failed(asked, LedgerError(f"{type(error).__name__}: {error}"))
            return
        self._down = None
        self._owed.clear()
        standing = answers.pop()
        if isinstance(standing, Standing):
            self._seen(standing)
        for one in asked:
            if one.answers is not None:
                one.answers.set_result(answers[owed : owed + len(one.ops)])
            owed += len(one.ops)

    def _while_up(self) -> None:
        if self._down is not None and time.monotonic() < self._down[0]:
            raise self._down[1]

    def _failed(self, asked: Sequence[_Asked], error: LedgerError) -> None:
        if self._down is None or self._down[1] is not error:
            self._down = (time.monotonic() + AGAIN_S, error)
        self._owed += [op for one in asked if one.answers is None for op in one.ops]
        self._seen(error)
        for one in asked:
            if one.answers is not None:
                one.answers.set_exception(error)
