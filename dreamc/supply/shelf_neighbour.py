"""Another host as a shelf: its blobs come over its own session and go on at once, nothing is stored here.

A session answers in lines of text, so bytes travel from there as base64, a third more than they are.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from queue import Queue
from threading import Event, Thread

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.look import look
from dreamc.supply.talk import Session, raise_refusal, step
from dreamc.supply.types import Blob, Parcel, Progress, Seen
from dreamc.supply.want import folder_of, gap, hub_parcel, label_of, ollama_parcel, pinned

PORTION = 32 << 20
"""Bytes that one step reads: an answer is held in memory until it ends."""
AHEAD = 64
"""Lines of 48 KiB that may wait for the receiving host."""


class NeighbourShelf:
    """`connect` opens a session of its own, which nobody else uses; it is asked for when the host is first looked at.

    Stores lie at the same paths on both hosts.
    """

    def __init__(self, name: str, connect: Callable[[], Session]) -> None:
        self.label = f"host {name}"
        self._connect = connect
        self._open: Session | None = None
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
    def _session(self) -> Session:
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
        portions = tuple(
            (f"{folder}/blobs/{blob.name}", at, min(PORTION, offset + length - at))
            for blob, offset, length in parts
            for at in range(offset, offset + length, PORTION)
        )
        return _ahead(self._session, portions, label_of(parcel.weights))


def _ahead(session: Session, portions: tuple[tuple[str, int, int], ...], label: str) -> Iterator[bytes]:
    lines: Queue[bytes | BaseException | None] = Queue(AHEAD)
    stop = Event()
    reader = Thread(target=_read, args=(session, portions, label, lines, stop), daemon=True)
    reader.start()
    try:
        while (piece := lines.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        stop.set()
        while reader.is_alive():
            while not lines.empty():
                lines.get_nowait()
            reader.join(0.05)


def _read(
    session: Session,
    portions: tuple[tuple[str, int, int], ...],
    label: str,
    lines: Queue[bytes | BaseException | None],
    stop: Event,
) -> None:
    try:
        for path, offset, length in portions:
            if stop.is_set():
                break
            _portion(session, path, offset, length, label, lines)
        lines.put(None)
    except Exception as error:  # noqa: BLE001 - raised where the bytes are wanted
        lines.put(error)


def _portion(
    session: Session, path: str, offset: int, length: int, label: str, lines: Queue[bytes | BaseException | None]
) -> None:
    """Exactly `length` bytes, or DreamError: a receiver that waits for more would wait for ever."""
    got = 0

    def line(text: str) -> None:
        nonlocal got
        piece = base64.b64decode(text)
        got += len(piece)
        if piece:
            lines.put(piece)

    one = step(f"read {label}", ("read.sh",), path=path, offset=str(offset + 1), length=str(length))
    answer = session.run(one, (), line)
    if answer.code or got != length:
        host = session.address.name
        raise DreamError(
            f"{host}: {path} of {label} cannot be read", "what was sent is kept", "fetch it from elsewhere"
        )
