"""Models of the loopback hub as a release names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from dreamc.artifact.release import Image, ModeFacts, ModelFile, Release, Weights
from tests.hub_server.server import HubServer, Stored

REPO = "acme/tiny"
FILES: Mapping[str, bytes] = {
    "config.json": b'{"model_type": "llama"}',
    "a file with spaces .txt": b"spaces",
    "empty.txt": b"",
    "nested/deep/tokenizer.json": b"{}",
    "model-00001-of-00002.safetensors": bytes(range(256)) * 4096,
    "model-00002-of-00002.safetensors": bytes(reversed(range(256))) * 2000,
    "original/consolidated.00.safetensors": b"a second copy that nobody needs",
}
PINNED = tuple(path for path in FILES if not path.startswith("original/"))
TAG = "tiny:1b"
LAYERS: Mapping[str, bytes] = {
    "application/vnd.ollama.image.model": b"GGUF" + bytes(range(256)) * 3000,
    "application/vnd.ollama.image.params": b"{}",
}


def hf(hub: HubServer | None, root: Path, files: Mapping[str, bytes] = FILES, revision: str = "") -> Weights:
    """The repository, pinned to the files that a lock would choose; with a `revision` it is not pinned."""
    store = f"{root}/models/huggingface"
    path = f"{store}/hub/models--acme--tiny"
    if revision:
        return Weights("hf", REPO, path, store, revision, used_by=("quality",))
    commit = hub.add_model(REPO, files) if hub else "c" * 40
    stored = [Stored(one, data) for one, data in files.items() if not one.startswith("original/")]
    pinned = tuple(
        ModelFile(one.path, len(one.data), one.sha256 if one.lfs else "", "" if one.lfs else one.blob) for one in stored
    )
    size = sum(one.size for one in pinned)
    return Weights("hf", REPO, path, store, commit, size=size, files=pinned, used_by=("quality",))


def ollama(hub: HubServer, root: Path, pinned: bool = True) -> Weights:
    """The tag, with the digest of its manifest and the layers of it."""
    digest = hub.add_ollama(TAG, LAYERS)
    store = f"{root}/models/ollama"
    path = f"{store}/manifests/registry.ollama.ai/library/tiny/1b"
    manifest = json.loads(hub.manifests["library/tiny", digest][1])
    rows = [manifest["config"], *manifest["layers"]]
    files = tuple(
        ModelFile(f"blobs/{one['digest'].replace(':', '-')}", one["size"], one["digest"].removeprefix("sha256:"))
        for one in rows
    )
    if not pinned:
        return Weights("ollama", TAG, path, store, used_by=("fast",))
    return Weights(
        "ollama", TAG, path, store, digest=digest, size=sum(one.size for one in files), files=files, used_by=("fast",)
    )


def release(root: Path, *weights: Weights, images: tuple[str, ...] = ()) -> Release:
    """A release whose local mode wants these."""
    facts = ModeFacts("local", weights=weights, images=tuple(Image(one) for one in images))
    return Release(1, "dreamc 0", "lab", "gpu01", "lab", str(root), "0" * 64, "local", (ModeFacts("cloud"), facts))


def place(root: Path, weights: Weights, files: Mapping[str, bytes] = FILES) -> Path:
    """The model where it belongs, as huggingface_hub would have left it; the snapshot."""
    folder = Path(weights.path)
    snapshot = folder / "snapshots" / weights.revision
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    for file in weights.files:
        blob = folder / "blobs" / (file.sha256 or file.sha1)
        blob.write_bytes(files[file.path])
        link = snapshot / file.path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("../" * (len(Path(file.path).parts) + 1) + f"blobs/{blob.name}")
    return snapshot


def content(root: Path) -> dict[str, str]:
    """Every file below a directory by the digest of what can be read there."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
