"""One file with everything a machine needs that never sees a network: bundles, model files, images.

A tar file, uncompressed, because weights do not compress. `index.json` comes first and holds path, size and sha256 of
every member in their order; the sha256 of index.json is the id of the archive, for people to compare.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from dreamc.artifact.release import Image, Weights
from dreamc.artifact.types import Artifact, Bundle
from dreamc.errors import DreamError
from dreamc.supply.read import CHUNK, pieces
from dreamc.supply.types import Blob, Parcel, Progress, silent

INDEX = "index.json"
VERSION = 1
LARGEST_INDEX = 64 << 20


class Member(Struct, frozen=True):
    """One file of the archive. `kind` is what it is for; `mode` only matters for files of bundles."""

    path: str
    size: int
    sha256: str
    kind: Literal["bundle", "blob", "manifest", "image"]
    mode: int = 0o644


class Model(Struct, frozen=True):
    """A model in the archive; member paths by blob name. The weights' own paths are of no meaning for other hosts."""

    kind: Literal["hf", "ollama"]
    name: str
    revision: str
    digest: str
    commit: str
    pinned: bool
    files: tuple[tuple[str, str], ...]
    blobs: tuple[Blob, ...]
    manifest: str = ""


class Saved(Struct, frozen=True):
    """An image in the archive."""

    name: str
    digest: str
    member: str


class Index(Struct, frozen=True):
    """What is in the archive."""

    version: int
    tool: str
    stack: str
    hosts: tuple[str, ...]
    members: tuple[Member, ...]
    models: tuple[Model, ...] = ()
    images: tuple[Saved, ...] = ()


Content = Callable[[], Iterator[bytes]]


def write(file: Path, index: Index, contents: Sequence[Content], progress: Progress = silent) -> str:
    """Writes the archive beside its name and renames it when it is complete; its id. OSError of the disk is told."""
    fresh = file.with_name(f"{file.name}.incomplete")
    text = msgspec.json.format(msgspec.json.encode(index, order="deterministic"), indent=1) + b"\n"
    total, done = sum(one.size for one in index.members), 0
    try:
        with fresh.open("wb") as out, tarfile.TarFile(fileobj=out, mode="w", copybufsize=CHUNK) as tar:
            _add(tar, INDEX, 0o644, len(text), iter((text,)))
            for member, content in zip(index.members, contents, strict=True):
                _add(tar, member.path, member.mode, member.size, content())
                done += member.size
                progress(file.name, member.path, done, total)
        fresh.replace(file)
    except OSError as error:
        raise _disk(fresh, error) from error
    return hashlib.sha256(text).hexdigest()


def _disk(fresh: Path, error: OSError) -> DreamError:
    fresh.unlink(missing_ok=True)
    return DreamError(f"{fresh}: {error.strerror or error}", "no archive was made", "make room, then repeat")


def _add(tar: tarfile.TarFile, path: str, mode: int, size: int, content: Iterator[bytes]) -> None:
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, mode
    tar.addfile(info, _Stream(content))


class _Stream(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content, self._rest = content, b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size:
            chunk = next(self._content, b"")
            if not chunk:
                break
            self._rest += chunk
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


class Archive:
    """An archive that was read and found right: a shelf of models, a source of images, and the bundles."""

    def __init__(self, file: Path, index: Index, offsets: dict[str, int], id_: str) -> None:
        self.label = f"the archive {file.name}"
        self.file, self.index, self.id = file, index, id_
        self._offsets = offsets
        self._members = {one.path: one for one in index.members}

    def bundles(self) -> tuple[Bundle, ...]:
        """The bundle of every host in it."""
        found: dict[str, list[Artifact]] = {host: [] for host in self.index.hosts}
        for one in self.index.members:
            if one.kind == "bundle":
                _, host, path = one.path.split("/", 2)
                found[host].append(Artifact(path, self._bytes(one.path).decode(), bool(one.mode & 0o100)))
        return tuple(Bundle(host, tuple(made)) for host, made in found.items())

    def offers(self, weights: Weights) -> bool:
        """Whether the model is in the archive."""
        return self._model(weights) is not None

    def held(self, weights: Weights) -> bool:
        """The same."""
        return self.offers(weights)

    def parcel(self, weights: Weights, moved: Progress) -> Parcel:  # noqa: ARG002
        """The model, with the paths of the host that it is for."""
        model = self._model(weights)
        if model is None:
            raise DreamError(f"{self.label} has no {weights.name}", "nothing was changed", "save the archive anew")
        folder = weights.path if weights.kind == "hf" else weights.store
        manifest = self._bytes(model.manifest) if model.manifest else b""
        return Parcel(weights, folder, model.blobs, model.pinned, model.commit, model.files, manifest)

    def read(self, parcel: Parcel, parts: Sequence[tuple[Blob, int, int]]) -> Iterator[bytes]:  # noqa: ARG002
        """From within the archive."""
        where = {blob.name: self._offsets[blob_member(blob)] for blob, _, _ in parts}
        return pieces((self.file, where[blob.name] + offset, length) for blob, offset, length in parts)

    def has_image(self, image: Image) -> bool:
        """Whether it is in the archive."""
        return any(one.name == image.name for one in self.index.images)

    def read_image(self, image: Image) -> tuple[int, Iterator[bytes]]:
        """As `docker save` wrote it."""
        saved = next(one for one in self.index.images if one.name == image.name)
        member = self._members[saved.member]
        return member.size, pieces(((self.file, self._offsets[member.path], member.size),))

    def _model(self, weights: Weights) -> Model | None:
        for one in self.index.models:
            same = (one.kind, one.name) == (weights.kind, weights.name)
            if same and (weights.revision in ("", one.revision, one.commit)) and weights.digest in ("", one.digest):
                return one
        return None

    def _bytes(self, path: str) -> bytes:
        return b"".join(pieces(((self.file, self._offsets[path], self._members[path].size),)))


def blob_member(blob: Blob) -> str:
    """Where a blob lies in the archive."""
    return f"blobs/{blob.name}"


def read(file: Path, progress: Progress = silent) -> Archive:
    """Reads the whole archive and compares every member; DreamError names the first that is torn, wrong or missing."""
    try:
        with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:") as tar:
            index, id_ = _index(file, tar)
            return Archive(file, index, _verified(file, raw, tar, index, progress), id_)
    except tarfile.TarError as error:
        raise _wrong(file, "is not an archive of dreamc, or its beginning is damaged") from error
    except OSError as error:
        raise DreamError(f"{file}: {error.strerror or error}", "nothing was changed") from error


def _index(file: Path, tar: tarfile.TarFile) -> tuple[Index, str]:
    first = tar.next()
    if first is None or first.name != INDEX or first.size > LARGEST_INDEX:
        raise _wrong(file, "does not begin with index.json: it is not an archive of dreamc")
    opened = tar.extractfile(first)
    text = opened.read() if opened else b""
    try:
        index = msgspec.json.decode(text, type=Index)
    except (msgspec.DecodeError, ValueError) as error:
        raise _wrong(file, f"index.json cannot be read: {error}") from error
    if index.version != VERSION:
        raise _wrong(file, f"is of version {index.version}, this program reads {VERSION}")
    return index, hashlib.sha256(text).hexdigest()


def _verified(file: Path, raw: BinaryIO, tar: tarfile.TarFile, index: Index, progress: Progress) -> dict[str, int]:
    offsets: dict[str, int] = {}
    total, done = sum(one.size for one in index.members), 0
    for member in index.members:
        try:
            found = tar.next()
        except tarfile.TarError as error:
            raise _wrong(file, f"is damaged before {member.path}") from error
        if found is None:
            raise _wrong(file, f"ends before {member.path}")
        if found.name != member.path or found.size != member.size or not found.isreg():
            raise _wrong(
                file, f"has {found.name} of {found.size} bytes where {member.path} of {member.size} was written"
            )
        raw.seek(found.offset_data)
        if (got := _digest(raw, member.size)) != member.sha256:
            torn = "ends inside" if got is None else "has other content in"
            raise _wrong(file, f"{torn} {member.path}")
        offsets[member.path] = found.offset_data
        done += member.size
        progress(file.name, member.path, done, total)
    if tar.next() is not None:
        raise _wrong(file, "holds more than its index names")
    return offsets


def _digest(raw: BinaryIO, size: int) -> str | None:
    """None where the file ends before."""
    digest = hashlib.sha256()
    while size:
        chunk = raw.read(min(CHUNK, size))
        if not chunk:
            return None
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _wrong(file: Path, what: str) -> DreamError:
    return DreamError(f"{file} {what}", "nothing was changed", "copy the archive again, or save it anew")
