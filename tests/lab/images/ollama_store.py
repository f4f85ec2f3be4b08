"""Ollama's store of models on disk (types/model/name.go, manifest/paths.go), and how a model gets into it."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HOST = "registry.ollama.ai"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True)
class Store:
    """The folder, and where names without a host come from."""

    folder: Path
    registry: str

    def manifest(self, name: str) -> Path:
        return self.folder / "manifests" / "/".join(parts(name))

    def blob(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "-")

    def has(self, name: str) -> bool:
        """Whether the manifest and everything that it names is there."""
        manifest = self.manifest(name)
        if not manifest.is_file():
            return False
        return all(self.blob(digest).exists() for digest in digests(json.loads(manifest.read_text())))

    def rows(self) -> Iterator[dict[str, object]]:
        """The models, as `/api/tags` lists them."""
        for path in sorted(self.folder.glob("manifests/*/*/*/*")):
            content = path.read_bytes()
            host, namespace, model, tag = path.parts[-4:]
            name = f"{model}:{tag}" if (host, namespace) == (_HOST, "library") else f"{namespace}/{model}:{tag}"
            size = sum(layer["size"] for layer in json.loads(content)["layers"])
            yield {"name": name, "model": name, "size": size, "digest": hashlib.sha256(content).hexdigest()}

    def pull(self, name: str) -> Iterator[str]:
        """Fetches what is missing, the manifest last; yields digests. ValueError: a blob is not what it should be."""
        host, namespace, model, tag = parts(name)
        base = f"{self.registry if host == _HOST else f'http://{host}'}/v2/{namespace}/{model}"
        content = _get(f"{base}/manifests/{tag}")
        for digest in digests(json.loads(content)):
            yield digest
            self._keep(digest, base)
        target = self.manifest(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def _keep(self, digest: str, base: str) -> None:
        target = self.blob(digest)
        if target.exists():
            return
        content = _get(f"{base}/blobs/{digest}")
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise ValueError(f"digest mismatch, file must be downloaded again: want {digest}")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}-partial")
        partial.write_bytes(content)
        partial.replace(target)


def store() -> Store:
    """As the environment says."""
    folder = os.environ.get("OLLAMA_MODELS", "/root/.ollama/models")
    return Store(Path(folder), os.environ.get("LAB_OLLAMA_REGISTRY", f"https://{_HOST}"))


def parts(name: str) -> tuple[str, str, str, str]:
    """(host, namespace, model, tag): "qwen2.5:3b" -> ("registry.ollama.ai", "library", "qwen2.5", "3b")."""
    above, _, last = name.removeprefix("http://").rpartition("/")
    model, _, tag = last.partition(":")
    found = [*above.split("/"), model] if above else [model]
    host, namespace, model = [_HOST, "library"][: 3 - len(found)] + found
    return host, namespace, model, tag or "latest"


def digests(manifest: dict[str, object]) -> tuple[str, ...]:
    """Every blob of a model, its configuration last."""
    layers, config = manifest["layers"], manifest["config"]
    assert isinstance(layers, list)
    assert isinstance(config, dict)
    return (*(layer["digest"] for layer in layers), config["digest"])


def _get(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": _MANIFEST})
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content
