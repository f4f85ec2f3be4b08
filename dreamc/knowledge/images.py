"""Container images, pinned by version; their digests come from dream.lock.yaml."""

from __future__ import annotations

from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from dreamc.knowledge.table import table
from dreamc.knowledge.vllm_capabilities import release


class Image(Struct, frozen=True):
    """One image. `cuda` and `min_driver` are empty where the image uses no GPU. `confidence`: seen (the tag occurs in a
    public file) or derived (it follows the project's naming)."""

    name: str
    repository: str
    tag: str
    cuda: str
    min_driver: str
    confidence: str
    note: str
    source: str
    checked: str

    @property
    def reference(self) -> str:
        """`repository:tag`, as compose wants it."""
        return f"{self.repository}:{self.tag}"


def image_names() -> tuple[str, ...]:
    """Names of the table, sorted."""
    return table("images.yaml").keys()


@cache
def image(name: str) -> Image | None:
    """The image of that name; None if the table has none."""
    row = table("images.yaml").row(name)
    if row is None:
        return None
    return Image(
        name=name,
        repository=row["repository"],
        tag=row["tag"],
        cuda=row.get("cuda", ""),
        min_driver=row.get("min_driver", ""),
        confidence=row["confidence"],
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )


def vllm_image(version: str) -> Image | None:
    """The image of a vLLM version (its tags are `v<version>`); None if the version is not known."""
    newest, known = image("vllm"), release(version)
    if newest is None or known is None:
        return None
    return replace(newest, tag=f"v{version}", cuda=known.cuda, min_driver=known.min_driver, source=known.source)
