"""What a model consists of by its lock, and what a host lacks of it: pure.

Layouts: huggingface_hub's cache (`models--ORG--NAME/{blobs,snapshots,refs}`, huggingface.co/docs/huggingface_hub,
"Understand caching") and Ollama's store (`manifests/HOST/NAMESPACE/MODEL/TAG`, `blobs/sha256-…`; ollama/ollama
server/manifest.go, server/modelpath.go).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from dreamc.artifact.release import ModelFile, Weights
from dreamc.errors import DreamError
from dreamc.supply.types import Blob, Gap, Parcel, Seen

COMMIT = re.compile(r"[0-9a-f]{40}")
BLOB = re.compile(r"(sha256-)?[0-9a-f]{40,64}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


def folder_of(weights: Weights) -> str:
    """The directory that holds `blobs/`."""
    return weights.path if weights.kind == "hf" else weights.store


def label_of(weights: Weights) -> str:
    """As people call it."""
    return weights.name if weights.kind == "hf" else f"ollama:{weights.name}"


def pinned(weights: Weights) -> bool:
    """Whether a lock file says what the content must be."""
    if weights.kind == "ollama":
        return bool(weights.digest)
    checked = all(one.sha256 or one.sha1 for one in weights.files)
    return bool(weights.files) and checked and COMMIT.fullmatch(weights.revision) is not None


def hub_parcel(weights: Weights) -> Parcel:
    """The parcel of a pinned repository; ValueError for one that is not pinned, or a file name that could leave it."""
    if not pinned(weights):
        raise ValueError(f"{weights.name} is not pinned")
    blobs: dict[str, Blob] = {}
    for file in weights.files:
        safe_path(file.path)
        blob = blob_of(file)
        blobs.setdefault(blob.name, blob)
    files = tuple((file.path, blob_of(file).name) for file in weights.files)
    return Parcel(weights, folder_of(weights), tuple(blobs.values()), True, weights.revision, files)


def blob_of(file: ModelFile) -> Blob:
    """The blob of a pinned file of a repository."""
    if file.sha256:
        return Blob(file.sha256, file.size, "sha256", file.sha256)
    return Blob(file.sha1, file.size, "git", file.sha1)


def safe_path(path: str) -> str:
    """The path as it is; ValueError where it could leave its directory or break a list of lines."""
    parts = path.split("/")
    if not path or _UNSAFE.search(path) or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{path!r} cannot be the name of a file in a model")
    return path


def ollama_parcel(weights: Weights, manifest: bytes) -> Parcel:
    """The parcel that an Ollama manifest describes; DreamError for one that is none, or not the pinned one."""
    digest = hashlib.sha256(manifest).hexdigest()
    if weights.digest and weights.digest.removeprefix("sha256:") != digest:
        raise DreamError(
            f"the manifest of {label_of(weights)} is sha256:{digest[:12]}…, the lock file says {weights.digest[:19]}…",
            "nothing was changed",
            "run dreamc lock to take the new one, or fetch from where the pinned one is",
        )
    blobs = {blob.name: blob for blob in _layers(weights, manifest)}
    return Parcel(weights, folder_of(weights), tuple(blobs.values()), bool(weights.digest), manifest=manifest)


def _layers(weights: Weights, manifest: bytes) -> tuple[Blob, ...]:
    try:
        value = json.loads(manifest)
        layers = [value["config"], *value["layers"]]
        pairs = [(str(layer["digest"]), int(layer["size"])) for layer in layers]
    except (ValueError, KeyError, TypeError):
        pairs = []
    if not pairs or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest, _ in pairs):
        raise DreamError(
            f"the manifest of {label_of(weights)} is not one of Ollama's", "nothing was changed", "fetch it again"
        )
    return tuple(
        Blob(digest.replace(":", "-"), size, "sha256", digest.removeprefix("sha256:")) for digest, size in pairs
    )


def gap(seen: Seen) -> Gap:
    """What the host lacks of a model, by name and size; the bytes themselves are checked by `verify`."""
    weights = seen.weights
    if weights.kind == "ollama":
        return _ollama_gap(seen)
    if not pinned(weights):
        return _unpinned_gap(seen)
    parcel = hub_parcel(weights)
    sizes = {file.path: file.size for file in weights.files}
    lacking = tuple(path for path, _ in parcel.files if seen.snapshot.get(path) != sizes[path])
    needed = to_bring(parcel, seen)
    why = _words(len(lacking), len(parcel.files), seen) if lacking else ""
    return Gap(weights, seen, why, needed, parcel.size)


def to_bring(parcel: Parcel, seen: Seen) -> int:
    """Bytes that are not on the host yet."""
    return sum(blob.size - offset for blob, offset in parts(parcel, seen.blobs, seen.partial))


def parts(parcel: Parcel, blobs: Mapping[str, int], partial: Mapping[str, int]) -> tuple[tuple[Blob, int], ...]:
    """The blobs that are not there, each with the bytes of it that are."""
    found = []
    for blob in parcel.blobs:
        if blobs.get(blob.name) != blob.size:
            begun = partial.get(blob.name, 0)
            found.append((blob, begun if begun <= blob.size else 0))
    return tuple(found)


def _unpinned_gap(seen: Seen) -> Gap:
    """Without a lock, a snapshot that can be read in full is taken as complete."""
    total = sum(seen.snapshot.values())
    if not seen.snapshot:
        return Gap(seen.weights, seen, "not there; not pinned, so its size is not known", None)
    if seen.broken or seen.partial:
        return Gap(seen.weights, seen, "its download is not finished; not pinned", None, total)
    return Gap(seen.weights, seen, "", 0, total)


def _ollama_gap(seen: Seen) -> Gap:
    weights = seen.weights
    size = sum(file.size for file in weights.files) or weights.size
    if not seen.manifest:
        blobs = tuple(blob_of(file) for file in weights.files)
        begun = sum(min(seen.partial.get(f"sha256-{one.name}", 0), one.size) for one in blobs)
        there = sum(one.size for one in blobs if seen.blobs.get(f"sha256-{one.name}") == one.size)
        return Gap(weights, seen, "not there", size - begun - there if size else None, size)
    try:
        parcel = ollama_parcel(weights, seen.manifest)
    except DreamError:
        return Gap(weights, seen, "another version of it is there", size or None, size)
    missing = parts(parcel, seen.blobs, seen.partial)
    why = f"{len(missing)} of {len(parcel.blobs)} files are not there" if missing else ""
    return Gap(weights, seen, why, to_bring(parcel, seen), parcel.size)


def _words(lacking: int, of: int, seen: Seen) -> str:
    if lacking == of:
        return "begun" if seen.partial else "not there"
    return f"{lacking} of {of} files are not there"


def pointer(path: str, blob: str) -> str:
    """Target of the link in a snapshot: relative, as huggingface_hub makes it."""
    return "../" * (len(PurePosixPath(path).parts) + 1) + f"blobs/{blob}"
