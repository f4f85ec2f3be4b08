"""Brings a parcel from a shelf to a host: what is wanting only, from where an earlier try stopped, verified there."""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterable
from contextlib import closing
from functools import partial
from itertools import chain

from dreamc.errors import DreamError
from dreamc.supply.look import look
from dreamc.supply.talk import Answer, Session, marks, raise_refusal, step
from dreamc.supply.types import Blob, Errand, Parcel, Progress, Shelf
from dreamc.supply.want import COMMIT, folder_of, label_of, parts, pointer, safe_path

SPARE_SHARE = 20
SPARE_LEAST = 2 << 30
TRIES = 2
"""How often a file is sent again whose content was wrong."""


def spare(needed: int, asked: int = -1) -> int:
    """Bytes that must stay free: as asked, else a twentieth of what is brought, 2 GiB at least."""
    return max(needed // SPARE_SHARE, SPARE_LEAST) if asked < 0 else asked


def deliver(session: Session, parcel: Parcel, shelf: Shelf, errand: Errand) -> int:
    """Bytes that were sent until the model was complete on the host.

    DreamError where the disk is too small, another one writes to the store, or the content stays wrong; what arrived
    is kept as `blobs/*.dreamc.incomplete` for the next try.
    """
    sent = 0
    bad: tuple[str, ...] = ()
    for _ in range(1 + TRIES):
        moved, bad = _once(session, parcel, shelf, errand)
        sent += moved
        if not bad:
            return sent
    said = "the lock file says" if parcel.pinned else "its name says"
    raise DreamError(
        f"{session.address.name}: {bad[0]} of {label_of(parcel.weights)} arrives with other content than {said}",
        "the wrong file was removed, the others are kept",
        f"the copy of {shelf.label} is damaged or changed: fetch it anew, or run dreamc lock if the change is meant",
    )


def _once(session: Session, parcel: Parcel, shelf: Shelf, errand: Errand) -> tuple[int, tuple[str, ...]]:
    """Bytes sent, and names of blobs that arrived wrong."""
    (seen,) = look(session, (parcel.weights,))
    lacking = parts(parcel, seen.blobs, seen.partial)
    needed = sum(blob.size - offset for blob, offset in lacking)
    answer = _send(session, parcel, shelf, lacking, errand)
    bad = tuple(line[0] for line in marks(answer, "bad"))
    if not bad:
        _refuse(answer, session, parcel)
    return needed, bad


def _send(
    session: Session, parcel: Parcel, shelf: Shelf, lacking: tuple[tuple[Blob, int], ...], errand: Errand
) -> Answer:
    pieces = tuple((blob, offset, blob.size - offset) for blob, offset in lacking)
    needed = sum(length for _, _, length in pieces)
    plan = _plan(parcel, lacking)
    one = step(
        f"receive {label_of(parcel.weights)}",
        ("store.sh", "receive.sh"),
        len(plan) + needed,
        store=parcel.weights.store,
        folder=folder_of(parcel.weights),
        who=errand.who,
        needed=str(needed),
        spare=str(spare(needed, errand.spare)),
        commit=parcel.commit,
        manifest=parcel.weights.path if parcel.manifest else "",
        manifest_base64=base64.b64encode(parcel.manifest).decode(),
    )
    counted = _Counted(session.address.name, parcel, errand.progress, parcel.size - needed)
    # closed here: what reads ahead must not go on when nobody takes it
    with closing(counted(shelf.read(parcel, pieces) if needed else ())) as content:
        return session.run(one, chain((plan,), content))


class _Counted:
    """Counts bytes as they leave."""

    def __init__(self, host: str, parcel: Parcel, progress: Progress, done: int) -> None:
        self._tell = partial(progress, host, label_of(parcel.weights))
        self._done, self._total = done, parcel.size

    def __call__(self, content: Iterable[bytes]) -> Generator[bytes]:
        self._tell(self._done, self._total)
        for chunk in content:
            yield chunk
            self._done += len(chunk)
            self._tell(self._done, self._total)


def _plan(parcel: Parcel, lacking: tuple[tuple[Blob, int], ...]) -> bytes:
    lines = [f"P|{blob.name}|{blob.size}|{offset}|{blob.algorithm}|{blob.digest}" for blob, offset in lacking]
    lines += [f"L|{blob}|{pointer(safe_path(path), blob)}|{path}" for path, blob in parcel.files]
    return "".join(f"{line}\n" for line in (*lines, *_refs(parcel), ".")).encode()


def _refs(parcel: Parcel) -> list[str]:
    """`main` for programs that ask without a revision; a pinned model does not move one that is there."""
    if not parcel.commit:
        return []
    revision = parcel.weights.revision
    if not revision or COMMIT.fullmatch(revision):
        return [f"R|main|{parcel.commit}|keep"]
    return [f"R|{safe_path(revision)}|{parcel.commit}|replace"]


def _refuse(answer: Answer, session: Session, parcel: Parcel) -> None:
    host, label = session.address.name, label_of(parcel.weights)
    for name in (line[0] for line in marks(answer, "changed") + marks(answer, "gone")):
        raise DreamError(
            f"{host}: {name} of {label} changed while it was written",
            "what arrived is kept",
            "someone else writes to the store as well; repeat when they are done",
        )
    failed = {line[0] for line in marks(answer, "failed")}
    for name, have in (line for line in marks(answer, "short") if line[0] not in failed):
        raise DreamError(
            f"{host}: only {have} bytes of {name} arrived", "they are kept, the next run goes on from there", "repeat"
        )
    raise_refusal(answer, host, parcel.weights.store)
