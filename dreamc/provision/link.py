"""One connection: writes a step, reads both streams at the same time, and says how it ended."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from dreamc.provision.connectors.channel import Channel
from dreamc.provision.framing import Bytes, Lines, Stream, header
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Lost, TimedOut, Unreachable, classify, spoke

GREETING = 60.0
"""Seconds until the loop must have greeted: connecting, touching a key, logging in."""
PASSWORD = 20.0
"""The same where sudo reads a password; after a wrong one it waits for another without end."""
_LAST_WORDS = 2.0
_CHUNK = 1 << 18
_TURN = 4
"""Chunks that are written before reading again."""


class Pending(Struct):
    """A step that is to be run, within `timeout` seconds if not None. With `take` its stdout is bytes, and not kept."""

    name: str
    script: str
    size: int
    data: Iterable[bytes]
    on_line: Callable[[str], None] | None
    timeout: float | None
    take: Callable[[bytes], None] | None = None


class NoLink(Exception):
    """There never was a connection; nothing of the step's data has been taken. `is_silent`: not a word was said."""

    def __init__(self, why: Unreachable, is_silent: bool = False) -> None:
        super().__init__(str(why))
        self.why, self.is_silent = why, is_silent


class _Now:
    """The step that runs: what is still to be sent, what has come."""

    def __init__(self, step: Pending) -> None:
        self.step = step
        self.token = os.urandom(8).hex()
        self.lines = Lines(self.token, step.on_line) if step.on_line else None
        self.bytes = Bytes(self.token, step.take) if step.take else None
        self.data: Iterator[bytes] = iter(step.data)
        self.left = step.size
        self.is_begun = False
        self.is_sent = step.size == 0
        self.out: tuple[bytes, str] | None = None
        self.err: tuple[bytes, str] | None = None
        self.until = None if step.timeout is None else time.monotonic() + step.timeout

    def more(self) -> bytes:
        """The next of the data; empty at its end. ValueError when it is not as much as was announced."""
        chunk = next((one for one in self.data if one), b"")
        self.left -= len(chunk)
        if self.left < 0 or (not chunk and self.left):
            raise ValueError(f"the data of {self.step.name} is not {self.step.size} bytes")
        self.is_sent = not chunk
        return chunk


class Link:
    """A channel and where it stands. `is_spent`: a step ended before its data, so there can be no other.

    `notice` is what ssh said while it connected. With a `password` sudo reads it before the loop begins.
    """

    def __init__(self, channel: Channel, address: Address, nonce: str, password: str | None, patience: float) -> None:
        self.is_spent = False
        self.notice = ""
        self._channel, self._address, self._nonce = channel, address, nonce
        self._asked = password is not None
        self._patience = time.monotonic() + patience
        self._out, self._err = Stream(), Stream()
        self._is_greeted = self._is_broken = self._is_over = False
        self._queue = memoryview(b"" if password is None else f"{password}\n".encode())
        self._selector = selectors.DefaultSelector()
        for descriptor in (channel.stdin, channel.stdout, channel.stderr):
            os.set_blocking(descriptor, False)
        self._selector.register(channel.stdout, selectors.EVENT_READ)
        self._selector.register(channel.stderr, selectors.EVENT_READ)

    def close(self) -> None:
        """Lets go of the connection."""
        self._selector.close()
        self._channel.close()

    def run(self, step: Pending) -> tuple[int, bytes, bytes]:
        """The exit code and both streams of a step. Raises NoLink before the greeting, Lost and TimedOut later."""
        now = _Now(step)
        while now.out is None or now.err is None:
            self._send(now)
            self._receive(now, self._seconds_left(now))
            self._sort(now)
            if self._is_over and (now.out is None or now.err is None):
                raise self._end(now)
        self.is_spent = not now.is_sent
        return int(now.out[1]), now.out[0], now.err[0]

    def _send(self, now: _Now) -> None:
        """Writes as much as goes. The data is not touched before the greeting: until then all can be begun again."""
        for _ in range(_TURN):
            if self._queue and not self._write():
                break
            if self._is_broken or (now.is_begun and (now.is_sent or not self._is_greeted)):
                break
            if not now.is_begun:
                if self._asked and not self._is_greeted:
                    break
                now.is_begun = True
                self._queue = memoryview(header(self._nonce, now.token, now.step.script, now.step.size))
            elif now.out is None:
                self._queue = memoryview(now.more())
            else:
                break
        self._watch_input(bool(self._queue))

    def _write(self) -> bool:
        """Whether the queue could be written. What is sent to one that is gone is lost: reading tells why."""
        try:
            while self._queue:
                self._queue = self._queue[os.write(self._channel.stdin, self._queue[:_CHUNK]) :]
        except BlockingIOError:
            return False
        except OSError:
            self._is_broken, self._queue = True, memoryview(b"")
        return True

    def _watch_input(self, is_wanted: bool) -> None:
        is_watched = self._channel.stdin in self._selector.get_map()
        if is_wanted and not is_watched:
            self._selector.register(self._channel.stdin, selectors.EVENT_WRITE)
        elif is_watched and not is_wanted:
            self._selector.unregister(self._channel.stdin)

    def _receive(self, now: _Now, seconds: float | None) -> None:
        # Data that could be written at once leaves nothing to wait for.
        has_more = self._is_greeted and now.is_begun and not (now.is_sent or self._queue or self._is_broken)
        events = self._selector.select(0 if has_more else seconds)
        if not events and seconds is not None and seconds <= 0:
            raise self._too_late(now)
        for key, _ in events:
            if key.fd != self._channel.stdin:
                self._read(now, key.fd)

    def _read(self, now: _Now, descriptor: int) -> None:
        data = os.read(descriptor, _CHUNK)
        if not data:
            self._selector.unregister(descriptor)
            self._is_over = self._is_over or descriptor == self._channel.stdout
        elif descriptor == self._channel.stderr:
            self._err.feed(data)
        else:
            self._out.feed(now.bytes.feed(data) if now.bytes and self._is_greeted else data)
            if now.lines and self._is_greeted:
                now.lines.feed(data)

    def _sort(self, now: _Now) -> None:
        """Finds the marks in what has come."""
        if not self._is_greeted:
            self._greet(now)
        if self._is_greeted:
            now.out = now.out or self._out.until(now.token)
            now.err = now.err or self._err.until(now.token)

    def _greet(self, now: _Now) -> None:
        if not self._err.greets(self._nonce) or not self._out.greets(self._nonce):
            if self._asked and b"try again" in self._err.held:
                raise NoLink(classify(self._address, self._err.held.decode(errors="replace")))
            return
        self._out.until(self._nonce)
        before = self._err.until(self._nonce)
        self.notice = before[0].decode(errors="replace") if before else ""
        self._is_greeted = True
        if now.lines:
            now.lines.feed(bytes(self._out.held))
        if now.bytes:
            early = bytes(self._out.held)
            self._out.held.clear()
            self._out.feed(now.bytes.feed(early))

    def _seconds_left(self, now: _Now) -> float | None:
        ends = [end for end in (now.until, None if self._is_greeted else self._patience) if end is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _too_late(self, now: _Now) -> Exception:
        if self._is_greeted:
            return TimedOut(self._address.name, now.step.name, now.step.timeout or 0.0)
        said = self._err.held.decode(errors="replace")
        said += "sudo: 1 incorrect password attempt" if self._asked else "timed out"
        return NoLink(classify(self._address, said), is_silent=time.monotonic() >= self._patience)

    def _end(self, now: _Now) -> Exception:
        """Why the connection is over; what ssh says last may still be on its way."""
        until = time.monotonic() + _LAST_WORDS
        while self._channel.stderr in self._selector.get_map() and time.monotonic() < until:
            for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
                if key.fd == self._channel.stderr:
                    self._read(now, key.fd)
                else:
                    self._selector.unregister(key.fd)
        said = self._err.held.decode(errors="replace")
        if self._is_greeted:
            return Lost(self._address.name, now.step.name, spoke(said))
        return NoLink(self._channel.failure() or classify(self._address, said))
