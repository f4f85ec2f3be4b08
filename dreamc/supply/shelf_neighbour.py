"""Another host as a shelf: its blobs come over its own session and go on at once, nothing is stored here.

All that is wanted comes in one step as it is, so that no round trip is waited for between two files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from queue import Queue
from threading import Event, Thread

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.look import look
from dreamc.supply.talk import Reader, raise_refusal, step
from dreamc.supply.types import Blob, Parcel, Progress, Seen
from dreamc.supply.want import folder_of, gap, hub_parcel, label_of, ollama_parcel, pinned

CHUNK = 1 << 18
"""Bytes that are passed on together."""
AHEAD = 32
"""Chunks that may wait for the receiving host."""


class _Unwanted(Exception):
    """Nobody takes the rest."""


class NeighbourShelf:
    """`connect` opens a session of its own, which nobody else uses; it is asked for when the host is first looked at.

    Stores lie at the same paths on both hosts.
    """

    def __init__(self, name: str, connect: Callable[[], Reader]) -> None:
        self.label = f"host {name}"
        self._connect = connect
        self._open: Reader | None = None
        self._seen: dict[tuple[str, str, str], Seen] = {}

    def offers(self, weights: Weights) -> bool:
        """Whether the host has the model in full, by name and size; a host that cannot be reached has nothing."""
        try:
            seen = self._look(weights)
        except DreamError:
            return False
        if weights.kind == "hf" and not pinned(weights):
            return bool(seen.snapshot) and not seen.broken
        return gap(seen).complete

    def parcel(self, weights: Weights, moved: Progress) -> Parcel:  # noqa: ARG002
        """What the host has; its bytes are checked where they arrive."""
        seen = self._look(weights)
        if weights.kind == "ollama":
            return ollama_parcel(weights, seen.manifest)
        return hub_parcel(weights) if pinned(weights) else self._unpinned(weights, seen)

    def close(self) -> None:
        """Ends the session."""
        if self._open is not None:
            self._open.close()

    @property
    def _session(self) -> Reader:
        if self._open is None:
            self._open = self._connect()
        return self._open

    def _look(self, weights: Weights) -> Seen:
        key = (weights.kind, weights.name, weights.revision)
        if key not in self._seen:
            (self._seen[key],) = look(self._session, (weights,))
        return self._seen[key]

    def _unpinned(self, weights: Weights, seen: Seen) -> Parcel:
        """Blob names are the digests; the link of each file says which is its."""
        folder = f"{weights.path}/snapshots/{seen.commit}"
        answer = self._session.run(step("read links", ("links.sh",), folder=folder))
        raise_refusal(answer, self._session.address.name, weights.store)
        pairs = [line.split("|", 1) for line in answer.out.splitlines() if "|" in line]
        files = tuple(sorted((path.removeprefix("./"), blob.rpartition("/")[2]) for blob, path in pairs))
        blobs = {
            name: Blob(name, seen.snapshot[path], "sha256" if len(name) == 64 else "git", name) for path, name in files
        }
        return Parcel(weights, weights.path, tuple(blobs.values()), False, seen.commit, files)

    def read(self, parcel: Parcel, parts: Sequence[tuple[Blob, int, int]]) -> Iterator[bytes]:
        """The bytes, read ahead while the other host writes."""
        folder = folder_of(parcel.weights)
        rows = "".join(f"{offset + 1}|{length}|{folder}/blobs/{blob.name}\n" for blob, offset, length in parts)
        return _ahead(_Source(self._session, rows.encode(), sum(one[2] for one in parts), label_of(parcel.weights)))


class _Source:
    """What one session reads, in chunks, on a thread of its own. `close` may come at any time."""

    def __init__(self, session: Reader, asked: bytes, length: int, label: str) -> None:
        self.chunks: Queue[bytes | BaseException | None] = Queue(AHEAD)
        self._session, self._asked, self._length, self._label = session, asked, length, label
        self._held, self._got = bytearray(), 0
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the session is nobody's any more."""
        self._stop.set()
        while self._thread.is_alive():
            while not self.chunks.empty():
                self.chunks.get_nowait()
            self._thread.join(0.05)

    def _run(self) -> None:
        try:
            self._read()
            self.chunks.put(None)
        except Exception as error:  # noqa: BLE001 - raised where the bytes are wanted
            self.chunks.put(error)

    def _read(self) -> None:
        """Exactly as many bytes as are wanted, or DreamError: a receiver that waits for more would wait for ever."""
        one = step(f"read {self._label}", ("read.sh",), len(self._asked))
        answer = self._session.read(one, self._take, (self._asked,))
        if answer.code or self._got != self._length:
            said = answer.err.strip().splitlines()
            why = said[-1] if said else f"{self._length - self._got} bytes are missing"
            raise DreamError(
                f"{self._session.address.name}: {self._label} cannot be read: {why}",
                "what was sent is kept",
                "fetch it from elsewhere",
            )
        self.chunks.put(bytes(self._held))

    def _take(self, data: bytes) -> None:
        if self._stop.is_set():
            raise _Unwanted
        self._got += len(data)
        self._held += data
        if len(self._held) >= CHUNK:
            self.chunks.put(bytes(self._held))
            self._held.clear()


def _ahead(source: _Source) -> Iterator[bytes]:
    try:
        while (piece := source.chunks.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            if piece:
                yield piece
    finally:
        source.close()
