"""The controller's own Hugging Face cache as a shelf; what it lacks is downloaded by huggingface_hub first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.hub import Hub, fetch
from dreamc.supply.read import pieces
from dreamc.supply.types import Blob, Parcel, Progress
from dreamc.supply.want import COMMIT, hub_parcel, label_of, pinned


class HubShelf:
    """`cache` is a hub cache (the directory with `models--…`), the library's own where it is None."""

    def __init__(self, hub: Hub, cache: Path | None = None, online: bool = True) -> None:
        self.label = "the controller's Hugging Face cache"
        self._hub, self._cache, self._online = hub, cache, online

    def offers(self, weights: Weights) -> bool:
        """Any repository where it may be downloaded; else only what the cache holds in full."""
        return weights.kind == "hf" and (self._online or self._local(weights) is not None)

    def held(self, weights: Weights) -> bool:
        """Whether the cache holds the model already."""
        return weights.kind == "hf" and self._local(weights) is not None

    def parcel(self, weights: Weights, moved: Progress) -> Parcel:
        """The model, downloaded if it must be."""
        found = self._local(weights)
        if found is None:
            found = fetch(self._hub, weights, self._root(), moved)
        return parcel_of(weights, found)

    def read(self, parcel: Parcel, parts: Sequence[tuple[Blob, int, int]]) -> Iterator[bytes]:
        """From the files behind the snapshot's links."""
        folder = self._folder(parcel.weights) / "snapshots" / parcel.commit
        where = {blob: folder / path for path, blob in parcel.files}
        return pieces((where[blob.name], offset, length) for blob, offset, length in parts)

    def _root(self) -> Path:
        if self._cache is not None:
            return self._cache
        from huggingface_hub import constants

        return Path(constants.HF_HUB_CACHE)

    def _folder(self, weights: Weights) -> Path:
        return self._root() / f"models--{weights.name.replace('/', '--')}"

    def _local(self, weights: Weights) -> Path | None:
        """The snapshot, where every pinned file has its size; without a lock it is never known to be complete."""
        folder = self._folder(weights)
        if not pinned(weights):
            return _resolved(folder, weights.revision) if not self._online else None
        snapshot = folder / "snapshots" / weights.revision
        there = all(_size(snapshot / file.path) == file.size for file in weights.files)
        return snapshot if there else None


def _resolved(folder: Path, revision: str) -> Path | None:
    ref = folder / "refs" / revision
    commit = revision if COMMIT.fullmatch(revision) else ref.read_text(encoding="utf-8") if ref.is_file() else ""
    snapshot = folder / "snapshots" / commit
    return snapshot if commit and snapshot.is_dir() else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def parcel_of(weights: Weights, snapshot: Path) -> Parcel:
    """The parcel of a snapshot on this disk: as the lock says, else by what the hub calls the files.

    A blob's name is the sha256 of a large file and the Git blob id of a small one; a cache on a file system without
    links has neither, and then the file is read.
    """
    if pinned(weights):
        return hub_parcel(weights)
    blobs: dict[str, Blob] = {}
    files = []
    for path in sorted(one for one in snapshot.rglob("*") if one.is_file()):
        blob = _named(path) or _hashed(path)
        blobs.setdefault(blob.name, blob)
        files.append((path.relative_to(snapshot).as_posix(), blob.name))
    if not files:
        raise DreamError(f"{label_of(weights)} is empty in {snapshot}", "nothing was changed", "fetch it again")
    return Parcel(weights, weights.path, tuple(blobs.values()), False, snapshot.name, tuple(files))


def _named(path: Path) -> Blob | None:
    name = path.readlink().name if path.is_symlink() else ""
    hexadecimal = bool(name) and not set(name) - set("0123456789abcdef")
    if not hexadecimal or len(name) not in (40, 64):
        return None
    return Blob(name, path.stat().st_size, "sha256" if len(name) == 64 else "git", name)


def _hashed(path: Path) -> Blob:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Blob(digest, path.stat().st_size, "sha256", digest)
