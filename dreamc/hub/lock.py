"""dream.lock.yaml to a Lock and back; a mistake in it points into the lock file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dreamc.diagnostics.types import Diagnostic
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.hub.pins import File, ImagePin, Lock, ModelPin

if TYPE_CHECKING:
    from dreamc.hub.lock_file import HubRow, LockFile, OllamaRow

Found = tuple[Diagnostic, ...]
AGAIN = "delete the row and run `dreamc lock`; the file is not meant to be edited by hand"


def read_lock(document: Document) -> tuple[Lock | None, Found]:
    """The pins of the file; the paths of findings are those of the lock file."""
    from dreamc.hub.lock_file import LockFile

    file, findings = validate(LockFile, document)
    if file is None:
        return None, findings
    findings = (*findings, *_contradictions(file))
    if findings:
        return None, findings
    models = {source: _model(row) for source, row in file.models.items()}
    images = {name: ImagePin(name, row.digest, row.size) for name, row in file.images.items()}
    return Lock(models, images, file.placement), ()


def lock_text(lock: Lock, header: str) -> str:
    """The file: rows sorted by name, `header` as its first comment line."""
    from dreamc.document.write import yaml_text

    value = {
        "lock": 1,
        "models": {source: _row(pin) for source, pin in sorted(lock.models.items())},
        "images": {name: {"digest": pin.digest, "size": pin.size} for name, pin in sorted(lock.images.items())},
        "placement": lock.placement,
    }
    return yaml_text(value, header)


def stale(lock: Lock, sources: frozenset[str], images: frozenset[str]) -> Iterator[Diagnostic]:
    """A note for every row that the file has no use for; the paths are those of the lock file."""
    help_ = "`dreamc lock --prune` removes it; an overlay may still use it"
    for section, rows, used in (("models", lock.models, sources), ("images", lock.images, images)):
        for name in rows:
            if name not in used:
                yield Diagnostic("DRM620", (section, name), f"nothing uses '{name}'", "not used", help_, True)


def _contradictions(file: LockFile) -> Iterator[Diagnostic]:
    """What no `dreamc lock` would write."""
    for source, row in file.models.items():
        at = ("models", source)
        hub = hasattr(row, "revision")
        if hub == source.startswith("ollama:"):
            message = f"'{source}' has the row of a model of {'Hugging Face' if hub else 'Ollama'}"
            yield Diagnostic("DRM621", at, message, "wrong kind of row", AGAIN, True)
        total = sum(one.size for one in row.files)
        if total != row.size:
            message = f"the files of '{source}' add up to {total:,} bytes, not {row.size:,}"
            yield Diagnostic("DRM621", (*at, "size"), message, "does not add up", AGAIN)
        yield from _files(row, at)


def _files(row: Any, at: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, one in enumerate(row.files):
        name = one.path if hasattr(one, "path") else one.digest
        if name in seen:
            yield Diagnostic("DRM621", (*at, "files", index), f"'{name}' is listed twice", "again", AGAIN)
        if hasattr(one, "path") and (one.sha256 is None) == (one.sha1 is None):
            message = f"'{name}' must have one digest, sha256 or sha1"
            yield Diagnostic("DRM621", (*at, "files", index), message, "expected one digest", AGAIN)
        seen.add(name)


def _model(row: HubRow | OllamaRow) -> ModelPin:
    from dreamc.hub.lock_file import HubRow

    if isinstance(row, HubRow):
        files = tuple(File(one.path, one.size, one.sha256 or "", one.sha1 or "") for one in row.files)
        return ModelPin(row.size, files, revision=row.revision, config=row.config, tensors=row.tensors)
    layers = tuple(layer(one.digest, one.size, one.media) for one in row.files)
    return ModelPin(row.size, layers, digest=row.digest)


def layer(digest: str, size: int, media: str) -> File:
    """A layer as a file of Ollama's store (https://github.com/ollama/ollama/blob/main/manifest/paths.go)."""
    return File(f"blobs/{digest.replace(':', '-')}", size, sha256=digest.removeprefix("sha256:"), media=media)


def _row(pin: ModelPin) -> dict[str, object]:
    if pin.digest:
        layers = [{"digest": f"sha256:{one.sha256}", "size": one.size, "media": one.media} for one in pin.files]
        return {"digest": pin.digest, "size": pin.size, "files": layers}
    return {
        "revision": pin.revision,
        "size": pin.size,
        "files": [_file(one) for one in pin.files],
        "config": pin.config,
        "tensors": pin.tensors,
    }


def _file(one: File) -> dict[str, object]:
    digest = {"sha256": one.sha256} if one.sha256 else {"sha1": one.sha1}
    return {"path": one.path, "size": one.size, **digest}
