"""What dream.lock.yaml pins: files of models, manifests of Ollama tags, digests of images."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

WEIGHTS = "application/vnd.ollama.image."
"""How the media types of an Ollama tag's layers begin; `model`, `projector` and `adapter` are loaded."""


class File(Struct, frozen=True):
    """One file; `size` in bytes. One digest is set: `sha256` of its content, or `sha1` as git computes it of a blob.

    `path` is relative to the repository, or to Ollama's store. `media` is the media type of an Ollama layer.
    """

    path: str
    size: int
    sha256: str = ""
    sha1: str = ""
    media: str = ""


class ModelPin(Struct, frozen=True):
    """A model as it was when it was locked. `size` is the sum of its files, in bytes.

    Hugging Face: `revision` is a commit, `config` the config.json, `tensors` bytes by dtype from the headers (empty
    for pickled weights). Ollama: `digest` of the manifest, such as sha256:….
    """

    size: int
    files: tuple[File, ...]
    revision: str = ""
    digest: str = ""
    config: Mapping[str, object] = {}
    tensors: Mapping[str, int] = {}

    @property
    def loaded(self) -> int:
        """Bytes of the layers of an Ollama tag that are loaded; 0 where there are none."""
        kinds = {f"{WEIGHTS}{kind}" for kind in ("model", "projector", "adapter")}
        return sum(one.size for one in self.files if one.media in kinds)


class ImagePin(Struct, frozen=True):
    """An image: `reference` as hosts pull it, digest of its manifest (sha256:…), compressed bytes to fetch."""

    reference: str
    digest: str
    size: int


class Lock(Struct, frozen=True):
    """One dream.lock.yaml. Models by `source:`, images by reference; `placement` is as it was written."""

    models: Mapping[str, ModelPin] = {}
    images: Mapping[str, ImagePin] = {}
    placement: Mapping[str, object] = {}

    def image(self, reference: str) -> ImagePin | None:
        """The pin of an image, by the reference without a digest."""
        return self.images.get(reference)
