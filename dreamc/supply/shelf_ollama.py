"""An Ollama store on the controller as a shelf; what it lacks comes from the registry, and goes on where it stopped.

The registry speaks the OCI distribution protocol: /v2/NAMESPACE/MODEL/manifests/TAG and /blobs/DIGEST
(ollama/ollama server/images.go, opencontainers/distribution-spec).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.read import CHUNK, pieces
from dreamc.supply.types import Blob, Parcel, Progress
from dreamc.supply.want import label_of, ollama_parcel

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PATIENCE = 60
"""Seconds without a byte."""


class OllamaShelf:
    """`store` is written to; `others` (such as ~/.ollama/models) are only read. `registry` takes the place of the
    address that the model's name says, for a mirror."""

    def __init__(self, store: Path, others: tuple[Path, ...] = (), registry: str = "", online: bool = True) -> None:
        self.label = "the controller's Ollama store"
        self._stores = (store, *others)
        self._registry, self._online = registry, online

    def offers(self, weights: Weights) -> bool:
        """Any model where it may be downloaded; else only what a store holds in full."""
        return weights.kind == "ollama" and (self._online or self.held(weights))

    def held(self, weights: Weights) -> bool:
        """Whether a store here holds the model already; one that is not pinned is asked for anew."""
        if weights.kind != "ollama" or not (weights.digest or not self._online):
            return False
        try:
            parcel = ollama_parcel(weights, self._manifest(weights))
        except DreamError:
            return False
        return all(self._where(blob) is not None for blob in parcel.blobs)

    def parcel(self, weights: Weights, moved: Progress) -> Parcel:
        """The model, downloaded if it must be."""
        if self.held(weights):
            return ollama_parcel(weights, self._manifest(weights))
        base = _base(weights, self._registry)
        manifest = _get(f"{base}/manifests/{weights.path.rpartition('/')[2]}", weights)
        parcel = ollama_parcel(weights, manifest)
        done = 0
        for blob in parcel.blobs:
            if self._where(blob) is None:
                self._download(f"{base}/blobs/{blob.name.replace('-', ':', 1)}", blob, parcel, moved, done)
            done += blob.size
            moved("controller", label_of(weights), done, parcel.size)
        _put(self._stores[0] / _manifest_path(weights), manifest)
        return parcel

    def read(self, parcel: Parcel, parts: Sequence[tuple[Blob, int, int]]) -> Iterator[bytes]:  # noqa: ARG002
        """From the files in the stores."""
        return pieces((self._where(blob) or self._path(blob), offset, length) for blob, offset, length in parts)

    def _manifest(self, weights: Weights) -> bytes:
        for store in self._stores:
            path = store / _manifest_path(weights)
            if path.is_file():
                return path.read_bytes()
        return b""

    def _path(self, blob: Blob) -> Path:
        return self._stores[0] / "blobs" / blob.name

    def _where(self, blob: Blob) -> Path | None:
        paths = (store / "blobs" / blob.name for store in self._stores)
        return next((path for path in paths if path.is_file() and path.stat().st_size == blob.size), None)

    def _download(self, url: str, blob: Blob, parcel: Parcel, moved: Progress, before: int) -> None:
        path = self._path(blob)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.dreamc.incomplete")
        for begun in _appended(url, part, blob, parcel.weights):
            moved("controller", label_of(parcel.weights), before + begun, parcel.size)
        with part.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
        if got != blob.digest:
            part.unlink()
            raise DreamError(
                f"{blob.name} of {label_of(parcel.weights)} arrived with other content than its name says",
                "it was removed, the other files are kept",
                "repeat; if it stays so, a proxy or mirror changes it",
            )
        part.replace(path)


def _appended(url: str, part: Path, blob: Blob, weights: Weights) -> Iterator[int]:
    """Bytes of the file so far, while it grows to its size."""
    begun = part.stat().st_size if part.is_file() else 0
    if begun > blob.size:
        part.unlink()
        begun = 0
    if begun == blob.size:
        part.touch()
        return
    with _open(url, weights, {"Range": f"bytes={begun}-"} if begun else {}) as answer:
        again = begun and answer.status != 206
        with part.open("wb" if again else "ab") as file:
            begun = 0 if again else begun
            for chunk in iter(lambda: _some(answer, weights), b""):
                file.write(chunk)
                begun += len(chunk)
                yield begun
    if begun != blob.size:
        raise _broken(weights, f"{begun} of {blob.size} bytes of {blob.name} arrived")


def _some(answer: Any, weights: Weights) -> bytes:
    try:
        return bytes(answer.read(CHUNK))
    except (OSError, HTTPException) as error:
        raise _broken(weights, str(error) or type(error).__name__) from error


def _base(weights: Weights, registry: str) -> str:
    """https://HOST/v2/NAMESPACE/MODEL, from where the manifest lies in the store."""
    host, *names = _manifest_path(weights).split("/")[1:-1]
    return f"{registry or f'https://{host}'}/v2/{'/'.join(names)}"


def _manifest_path(weights: Weights) -> str:
    return weights.path.removeprefix(f"{weights.store}/")


def _get(url: str, weights: Weights) -> bytes:
    with _open(url, weights, {"Accept": MANIFEST}) as answer:
        return _some(answer, weights)


def _open(url: str, weights: Weights, headers: dict[str, str]) -> Any:
    try:
        return urlopen(Request(url, headers=headers), timeout=PATIENCE)  # noqa: S310 - https, or a mirror that was named
    except HTTPError as error:
        if error.code == 404:
            raise DreamError(
                f"the registry has no {label_of(weights)}", "nothing was stopped", "check the tag in dream.yaml"
            ) from error
        raise _broken(weights, f"HTTP {error.code}") from error
    except (URLError, OSError, HTTPException) as error:
        raise _broken(weights, str(getattr(error, "reason", error))) from error


def _broken(weights: Weights, why: str) -> DreamError:
    return DreamError(
        f"the download of {label_of(weights)} broke off: {why}",
        "nothing was stopped; what arrived is kept",
        "repeat, it goes on from there",
    )


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
