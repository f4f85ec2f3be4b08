"""Weights without a model in them: the Hugging Face cache and Ollama's store, a few kilobytes each.

Layout of the cache: huggingface_hub `constants.py` and `file_download.py` (refs, blobs, snapshots of links).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from tests.lab.hosts.registry import OLLAMA_MANIFEST, put_blob, put_manifest
from tests.lab.images.ollama_store import Store

REVISION = "0123456789abcdef0123456789abcdef01234567"


def repository_files(name: str) -> dict[str, bytes]:
    """The files of a repository: what a server looks for, with bytes that depend on its name alone."""
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "_name_or_path": name}
    return {
        "config.json": json.dumps(config).encode(),
        "tokenizer.json": b"{}",
        "model-00001-of-00002.safetensors": _bytes(f"{name}/1", 64 * 1024),
        "model-00002-of-00002.safetensors": _bytes(f"{name}/2", 16 * 1024),
    }


def put_repository(hub: Path, name: str, files: Mapping[str, bytes] | None = None, revision: str = REVISION) -> Path:
    """A repository in the cache folder `hub`, at branch main; the folder of its snapshot."""
    folder = hub / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / revision
    for path, content in (repository_files(name) if files is None else files).items():
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link = snapshot / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(Path(*[".."] * (2 + path.count("/")), "blobs", blob.name))
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs/main").write_text(revision)
    return snapshot


def ollama_files(name: str) -> tuple[bytes, dict[str, bytes]]:
    """(manifest, blobs by digest) of a tag."""
    weights, config = _bytes(f"{name}/model", 64 * 1024), json.dumps({"model_format": "gguf", "name": name}).encode()
    layer = _descriptor("application/vnd.ollama.image.model", weights)
    own = _descriptor("application/vnd.docker.container.image.v1+json", config)
    manifest = {"schemaVersion": 2, "mediaType": OLLAMA_MANIFEST, "config": own, "layers": [layer]}
    return json.dumps(manifest).encode(), {_digest(weights): weights, _digest(config): config}


def put_tag(folder: Path, name: str) -> Path:
    """A tag in Ollama's store below `folder`; its manifest."""
    models = Store(folder, "")
    manifest, blobs = ollama_files(name)
    for digest, content in blobs.items():
        models.blob(digest).parent.mkdir(parents=True, exist_ok=True)
        models.blob(digest).write_bytes(content)
    models.manifest(name).parent.mkdir(parents=True, exist_ok=True)
    models.manifest(name).write_bytes(manifest)
    return models.manifest(name)


def push_tag(name: str) -> None:
    """A tag into the lab's registry, from where `ollama pull` takes it; inside the control network."""
    manifest, blobs = ollama_files(name)
    model, _, tag = name.partition(":")
    repository = model if "/" in model else f"library/{model}"
    for digest, content in blobs.items():
        put_blob(repository, digest, content)
    put_manifest(repository, tag or "latest", manifest, OLLAMA_MANIFEST)


def _bytes(seed: str, size: int) -> bytes:
    block = hashlib.sha256(seed.encode()).digest()
    return block * (size // len(block))


def _descriptor(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
