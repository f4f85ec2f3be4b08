"""Tags of the Ollama library: file size and architecture of local ones, size and local alternatives of cloud ones."""

from __future__ import annotations

from functools import cache
from typing import Literal

from msgspec import Struct

from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.table import Row, table

_FILE = "ollama.yaml"


class OllamaModel(Struct, frozen=True):
    """A tag that runs here, as the library ships it.

    `file_bytes` is the GGUF; `confidence` is about it: measured (listed by /api/tags), rounded (the library page's
    figure, two digits) or modelled (bytes of a tag of the same architecture and quantisation).
    `window` > 0: `window_layers` of the `layers` attend to that many tokens only.
    `key_length` and `value_length` are elements per KV head; `context` is the longest trained context in tokens.
    """

    tag: str
    base: str
    quantization: str
    file_bytes: int
    confidence: Literal["measured", "rounded", "modelled"]
    params_b: float
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    key_length: int
    value_length: int
    vocab: int
    context: int
    window: int
    window_layers: int
    tied: bool
    abilities: tuple[str, ...]
    source: str
    checked: str


class CloudTag(Struct, frozen=True):
    """A tag that runs on Ollama's servers only. `gib_at_4bit` is what its weights alone would need here at 4 bits each.

    `alternatives` are smaller relatives that run here, as `source:` values (`ollama:TAG`, `hf:REPO`), the best first.
    """

    tag: str
    base: str
    params_b: float
    gib_at_4bit: float
    context: int
    abilities: tuple[str, ...]
    alternatives: tuple[str, ...]
    source: str
    checked: str


def is_cloud_tag(tag: str) -> bool:
    """Whether Ollama sends the tag to its cloud, though the URL is local: `gpt-oss:120b-cloud`, `glm-4.6:cloud`."""
    return tag.endswith((":cloud", "-cloud"))


def ollama_tags() -> tuple[str, ...]:
    """Local tags of the table, sorted."""
    return table(_FILE).keys()


def cloud_tags() -> tuple[str, ...]:
    """Cloud tags of the table, sorted."""
    return table(_FILE).keys("cloud")


@cache
def ollama_model(tag: str) -> OllamaModel | None:
    """The local tag (`llama3.1` means `llama3.1:latest`); None if the table has none."""
    full = tag if ":" in tag else f"{tag}:latest"
    row = table(_FILE).row(_same_as(full))
    return None if row is None else _model(full, row)


@cache
def cloud_tag(tag: str) -> CloudTag | None:
    """The cloud tag; None if the table has none."""
    row = table(_FILE).row(tag, "cloud")
    return None if row is None else _cloud(tag, row)


def nearest_ollama_tags(tag: str, n: int = 3) -> tuple[str, ...]:
    """Tags most like `tag`, local and cloud."""
    return nearest(tag, (*ollama_tags(), *table(_FILE).keys("aliases"), *cloud_tags()), n)


def _same_as(tag: str) -> str:
    alias = table(_FILE).row(tag, "aliases")
    return str(alias["same_as"]) if alias else tag


def _model(tag: str, row: Row) -> OllamaModel:
    length = row["head"]
    return OllamaModel(
        tag=tag,
        base=row["base"],
        quantization=row["quant"],
        file_bytes=row["bytes"],
        confidence=row["confidence"],
        params_b=float(row["params_b"]),
        layers=row["layers"],
        hidden=row["hidden"],
        heads=row["heads"],
        kv_heads=row["kv_heads"],
        key_length=length,
        value_length=row.get("value_head", length),
        vocab=row["vocab"],
        context=row["context"],
        window=row.get("window", 0),
        window_layers=row.get("window_layers", 0),
        tied=row.get("tied", False),
        abilities=tuple(row["abilities"]),
        source=row["source"],
        checked=row["checked"],
    )


def _cloud(tag: str, row: Row) -> CloudTag:
    return CloudTag(
        tag=tag,
        base=row["base"],
        params_b=float(row["params_b"]),
        gib_at_4bit=float(row["gib_at_4bit"]),
        context=row["context"],
        abilities=tuple(row["abilities"]),
        alternatives=tuple(row["alternatives"]),
        source=row["source"],
        checked=row["checked"],
    )
