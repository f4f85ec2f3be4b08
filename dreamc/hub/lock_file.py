"""What may stand in dream.lock.yaml, as pydantic models; imported only where there is such a file."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from dreamc.document.scalars import mistake
from dreamc.spec.base import Spec, Whole
from dreamc.spec.dream import Version


def _hex(value: str, digits: int, before: str = "") -> str:
    if not re.fullmatch(f"{before}[0-9a-f]{{{digits}}}", value):
        shown = f"{before}… with {digits} hex digits" if before else f"{digits} hex digits"
        raise mistake("DRM110", value, shown, "write what `dreamc lock` writes")
    return value


def _inside(value: str) -> str:
    """Files are fetched to this path, so it must stay below the model's directory."""
    parts = value.split("/")
    if "\\" in value or any(ord(one) < 32 for one in value) or any(part in ("", ".", "..") for part in parts):
        raise mistake("DRM110", value, "a path below the repository", "write what `dreamc lock` writes")
    return value


Commit = Annotated[str, AfterValidator(lambda value: _hex(value, 40))]
Sha256 = Annotated[str, AfterValidator(lambda value: _hex(value, 64))]
Digest = Annotated[str, AfterValidator(lambda value: _hex(value, 64, "sha256:"))]
Bytes = Annotated[Whole, Field(ge=0)]


class HubFileRow(Spec):
    """A file of a repository; one of the two digests."""

    path: Annotated[str, AfterValidator(_inside)]
    size: Bytes
    sha256: Sha256 | None = None
    sha1: Commit | None = None


class HubRow(Spec):
    """A model of Hugging Face."""

    revision: Commit
    size: Bytes
    files: tuple[HubFileRow, ...] = Field(min_length=1)
    config: dict[str, Any]
    tensors: dict[str, Bytes] = Field(default={})


class LayerRow(Spec):
    """A layer of an Ollama tag."""

    digest: Digest
    size: Bytes
    media: str


class OllamaRow(Spec):
    """A tag of the Ollama library."""

    digest: Digest
    size: Bytes
    files: tuple[LayerRow, ...] = Field(min_length=1)


class ImageRow(Spec):
    """A container image."""

    digest: Digest
    size: Bytes


def _kind(value: object) -> str:
    """What the row looks like."""
    return "ollama" if isinstance(value, dict) and "digest" in value and "revision" not in value else "hf"


ModelRow = Annotated[
    Annotated[HubRow, Tag("hf")] | Annotated[OllamaRow, Tag("ollama")],
    Discriminator(_kind),
]


class LockFile(Spec):
    """The whole file."""

    lock: Version
    models: dict[str, ModelRow] = Field(default={})
    images: dict[str, ImageRow] = Field(default={})
    placement: dict[str, Any] = Field(default={})
