"""Reads every file of a model on its host and compares it with the lock: slow, as fast as the disk."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from dreamc.artifact.release import Weights
from dreamc.supply.look import look
from dreamc.supply.talk import Session, raise_refusal, step
from dreamc.supply.types import Blob, Progress, Seen, silent
from dreamc.supply.want import blob_of, folder_of, label_of, ollama_parcel, pinned


class Verified(Struct, frozen=True):
    """How one model is. `bad` and `gone` are paths; `pinned` is False where only names of files could be compared."""

    model: str
    files: int
    size: int
    bad: tuple[str, ...]
    gone: tuple[str, ...]
    pinned: bool

    @property
    def right(self) -> bool:
        """Nothing is wrong or missing."""
        return not self.bad and not self.gone and bool(self.files)


Check = tuple[str, Blob]
"""Path on the host, and the content that it must have."""


def verify(
    session: Session, weights: tuple[Weights, ...], progress: Progress = silent, remove: bool = False
) -> tuple[Verified, ...]:
    """Each model in turn. With `remove` a wrong file is taken away, and only that, so that the next pull fetches it."""
    return tuple(_verify(session, seen, progress, remove) for seen in look(session, weights))


def _verify(session: Session, seen: Seen, progress: Progress, remove: bool) -> Verified:
    checks = _checks(seen)
    host, label = session.address.name, label_of(seen.weights)
    total, done = sum(blob.size for _, blob in checks), 0
    bad: list[str] = []
    gone: list[str] = []

    def line(text: str) -> None:
        nonlocal done
        word, _, rest = text.partition(" ")
        if word in ("ok", "bad", "gone"):
            path, blob = checks[int(rest.split(" ", maxsplit=1)[0])]
            done += blob.size
            {"ok": [], "bad": bad, "gone": gone}[word].append(path)
            progress(host, label, done, total)

    _run(session, seen, checks, line, remove)
    folder = folder_of(seen.weights)
    short = [tuple(path.removeprefix(f"{folder}/") for path in paths) for paths in (bad, gone)]
    return Verified(label, len(checks), total, short[0], short[1], pinned(seen.weights))


def _run(session: Session, seen: Seen, checks: tuple[Check, ...], line: Callable[[str], None], remove: bool) -> None:
    asked = "".join(f"{n}|{blob.algorithm}|{blob.digest}|{path}\n" for n, (path, blob) in enumerate(checks)).encode()
    one = step(
        f"verify {label_of(seen.weights)}", ("store.sh", "verify.sh"), len(asked),
        store=seen.weights.store, remove="yes" if remove else "no",
    )  # fmt: skip
    answer = session.run(one, (asked,), line)
    raise_refusal(answer, session.address.name, seen.weights.store)


def _checks(seen: Seen) -> tuple[Check, ...]:
    """What the lock says; without one, what the names of the blobs claim."""
    weights, folder = seen.weights, folder_of(seen.weights)
    if weights.kind == "ollama":
        if not seen.manifest:
            return tuple((f"{folder}/{file.path}", blob_of(file)) for file in weights.files)
        digest = weights.digest.removeprefix("sha256:")
        own = ((weights.path, Blob("", len(seen.manifest), "sha256", digest)),) if digest else ()
        blobs = ollama_parcel(replace(weights, digest=""), seen.manifest).blobs
        return (*own, *((f"{folder}/blobs/{blob.name}", blob) for blob in blobs))
    if pinned(weights):
        snapshot = f"{folder}/snapshots/{weights.revision}"
        return tuple((f"{snapshot}/{file.path}", blob_of(file)) for file in weights.files)
    known = ((name, size) for name, size in sorted(seen.blobs.items()) if len(name) in (40, 64))
    return tuple(
        (f"{folder}/blobs/{name}", Blob(name, size, "sha256" if len(name) == 64 else "git", name))
        for name, size in known
    )
