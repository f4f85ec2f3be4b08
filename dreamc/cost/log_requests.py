"""Requests out of the lines of a usage log: what one question came to, with all calls that were made for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from dreamc.cost.usage_line import CALLED, Line

WINDOW = 10_000
"""Requests that may wait for further lines: those of one request stand near each other."""
MOST_LINES = 1_000
"""Lines of one request; more come only where a client gives the same id again and again."""
SLACK_S = 0.25
"""A call of the gateway's own that began so soon after a line of a request belongs to it: of a stream, the answer is
written down before it is checked."""

_Key = tuple[object, ...]


class Request(Struct, frozen=True, gc=False):
    """All lines of one request, in the order of the log. Where `orphan` is true they are the gateway's own calls alone,
    and the log does not say for which request: money, but nobody's question."""

    id: str
    lines: tuple[Line, ...]

    @property
    def attempts(self) -> tuple[Line, ...]:
        """The calls for an answer, accepted, rejected and failed ones, without the gateway's own calls."""
        return tuple(line for line in self.lines if not line.part and line.kind in CALLED)

    @property
    def parts(self) -> tuple[Line, ...]:
        """The gateway's own calls for it: critiques, second opinions."""
        return tuple(line for line in self.lines if line.part)

    @property
    def orphan(self) -> bool:
        return all(line.part for line in self.lines)

    @property
    def answer(self) -> Line | None:
        """The line that says that it was answered; None where it was not. Where the best of several rejected answers
        was passed on, it is the line on which the gateway said so."""
        return next((line for line in reversed(self.lines) if line.served and not line.part), None)

    @property
    def head(self) -> Line:
        """What says most of the request itself: its answer, else its last line that is no call of the gateway's own."""
        return self.answer or next((line for line in reversed(self.lines) if not line.part), self.lines[-1])

    @property
    def nano_usd(self) -> int:
        """Everything that was paid for it, in nano-dollars."""
        return sum(line.nano_usd for line in self.lines)


def requests(lines: Iterable[Line]) -> Iterator[Request]:
    """Lines of one writer and id together, about in the order in which requests begin; a line without an id is a
    request. At most WINDOW of them wait for further lines: what comes later is a request of its own.

    The gateway's own calls have ids of their own. They go to a request of the same writer, alias, action, client and
    score: the one that was just written down, else the next. What is alike and runs at the same moment may change
    places, which leaves every sum by these as it is.
    """
    open_ = _Open()
    for at, line in enumerate(lines):
        key = (line.writer, line.id) if line.id else (at,)
        yield from map(_request, open_.own(key, line) if line.part else open_.of_client(key, line))
    yield from map(_request, open_.rest())


class _Open:
    """Requests that wait for further lines, and the gateway's own calls that wait for their request; both bounded."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, list[Line]] = {}
        self._own: dict[_Key, list[Line]] = {}
        self._latest: dict[_Key, tuple[_Key, Line]] = {}

    def of_client(self, key: _Key, line: Line) -> Iterator[list[Line]]:
        """Gives up what waits no longer."""
        found = self._waiting.get(key)
        if found is not None and (_is_another(found, line) or len(found) >= MOST_LINES):
            yield self._waiting.pop(key)
            found = None
        if found is None:
            found = self._waiting[key] = []
        if line.kind != "refused":  # of a request that was refused, nothing was asked
            kind = _kind(line)
            found.extend(self._own.pop(kind, ()))
            self._note(kind, key, line)
        found.append(line)
        if len(self._waiting) > WINDOW:
            yield self._waiting.pop(next(iter(self._waiting)))

    def own(self, key: _Key, line: Line) -> Iterator[list[Line]]:
        """Gives up what nobody came for."""
        kind = _kind(line)
        latest, last = self._latest.get(kind, (key, line))
        just = latest if _seconds(line) - line.latency_s - _seconds(last) <= SLACK_S else key
        found = self._waiting.get(key) or self._waiting.get(just)
        if found is not None and len(found) < MOST_LINES:
            found.append(line)
            self._note(kind, key if key in self._waiting else just, line)
            return
        self._own.setdefault(kind, []).append(line)
        if len(self._own[kind]) >= MOST_LINES:
            yield self._own.pop(kind)
        if len(self._own) > WINDOW:
            yield self._own.pop(next(iter(self._own)))

    def rest(self) -> Iterator[list[Line]]:
        """Everything at the end of the log; calls for which no request came go to the last one of their kind."""
        for kind in tuple(self._own):
            found = self._waiting.get(self._latest[kind][0]) if kind in self._latest else None
            if found is not None:
                found.extend(self._own.pop(kind))
        yield from self._waiting.values()
        yield from self._own.values()

    def _note(self, kind: _Key, key: _Key, line: Line) -> None:
        """The latest line of the latest request of its kind."""
        self._latest.pop(kind, None)
        self._latest[kind] = (key, line)
        if len(self._latest) > WINDOW:
            del self._latest[next(iter(self._latest))]


def _is_another(found: list[Line], line: Line) -> bool:
    """Whether a client gave an id a second time: a request is answered once."""
    return bool(line.served) and any(one.served for one in found)


def _request(found: list[Line]) -> Request:
    named = next((line.id for line in found if not line.part), found[0].id)
    return Request(named, tuple(found))


def _kind(line: Line) -> _Key:
    """What the gateway's own calls have from their request."""
    return line.writer, line.alias, line.action, line.client, line.score


def _seconds(line: Line) -> float:
    """Since 1970; 0 where the time cannot be read."""
    try:
        return datetime.fromisoformat(line.time).timestamp()
    except ValueError:
        return 0.0
