"""Layers of images: folders as tar archives whose bytes depend on nothing but the files in them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Layer:
    """An uncompressed archive, so that `digest` names it both as a blob and as a part of a file system."""

    file: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Image:
    """What a registry holds of an image: the text of its manifest, its configuration, its layers."""

    manifest: bytes
    config: bytes
    layers: tuple[Layer, ...]


def pack(folder: Path, target: Path) -> Layer:
    """`folder` as a layer in the file `target`."""
    fresh = target.with_suffix(".new")
    with tarfile.open(fresh, "w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, str(path.relative_to(folder)), recursive=False, filter=_plain)
    fresh.replace(target)
    return read(target)


def pack_files(files: Iterable[tuple[str, bytes, int]], target: Path) -> Layer:
    """Files given as (path, content, mode) as a layer."""
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for path, content, mode in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return read(target)


def read(file: Path) -> Layer:
    with file.open("rb") as stream:
        return Layer(file, f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}")


def image(layers: tuple[Layer, ...], settings: dict[str, object]) -> Image:
    """An image of these layers; `settings` are Docker's: Entrypoint, Cmd, Env, WorkingDir."""
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
            "history": [{"created": "1970-01-01T00:00:00Z"} for _ in layers],
        }
    )
    blobs = [_descriptor(LAYER, layer.digest, layer.file.stat().st_size) for layer in layers]
    own = _descriptor(CONFIG, digest_of(config), len(config))
    manifest = _json({"schemaVersion": 2, "mediaType": MANIFEST, "config": own, "layers": blobs})
    return Image(manifest, config, layers)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest, "size": size}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.mtime = 0
    entry.uname = entry.gname = ""
    return None if entry.ischr() or entry.isblk() or entry.isfifo() else entry
