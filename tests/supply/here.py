"""A host that is this machine: the real session over the local connector, which can be cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from dreamc.provision.session import Answer, Step, open_session
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Lost

OPEN: list[Here] = []
"""To be closed after the test."""


class Cut(Exception):
    """The connection is gone."""


class Here:
    """A session of this machine under any name; it breaks off, once, after `cut_after` bytes of data."""

    def __init__(self, name: str = "gpu01", cut_after: int | None = None) -> None:
        self.address = Address(name=name, host=name, transport="local")
        self.execs = 1
        self.steps: list[Step] = []
        self.sent = self.received = 0
        self.read_cut_after: int | None = None
        self._cut_after = cut_after
        self._session = open_session(self.address)
        OPEN.append(self)

    def run(
        self,
        step: Step,
        data: Iterable[bytes] = (),
        on_line: Callable[[str], None] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """As a session does."""
        self.steps.append(step)
        return self._session.run(step, self._watched(data), on_line, timeout)

    def read(self, step: Step, take: Callable[[bytes], None], data: Iterable[bytes] = ()) -> Answer:
        """As a session does; it breaks off, once, after `read_cut_after` bytes."""
        self.steps.append(step)
        return self._session.read(step, partial(self._received, take), data)

    def _received(self, take: Callable[[bytes], None], data: bytes) -> None:
        self.received += len(data)
        if self.read_cut_after is not None and self.received >= self.read_cut_after:
            self.read_cut_after = None
            raise Lost(self.address.name, "read", "the cable is out")
        take(data)

    def _watched(self, data: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in data:
            if self._cut_after is not None and self.sent + len(chunk) >= self._cut_after:
                yield chunk[: self._cut_after - self.sent]
                self._cut_after = None
                raise Cut
            self.sent += len(chunk)
            yield chunk

    def close(self) -> None:
        """Ends it."""
        self._session.close()
