"""The table of model shapes: one small file per model, so that compiling needs no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

FOLDER = Path(__file__).parent / "shapes"


class ShapeRow(Struct, frozen=True):
    """A model's config.json keys that matter for memory.

    ``safetensors_bytes`` stands only where a public source states it, to that source's precision. ``confidence`` is
    "stated" where a public source gives the sizes of the model or its base, "recalled" where only its page is named.
    """

    repo: str
    config: Mapping[str, object]
    source: str
    checked: str
    base: str | None = None
    safetensors_bytes: int | None = None
    confidence: Literal["stated", "recalled"] = "recalled"


def find(repo: str) -> ShapeRow | None:
    """The row of a Hugging Face repository, matched without regard to case."""
    name = _by_lower_case().get(repo.lower())
    return _read(name) if name else None


def nearest(repo: str, n: int = 3) -> tuple[str, ...]:
    """The ``n`` closest names of the table, best first; a name without its organisation finds them too."""
    from difflib import SequenceMatcher

    wanted = repo.lower()
    by_model = wanted.rpartition("/")[2]

    def closeness(name: str) -> float:
        lower = name.lower()
        whole = SequenceMatcher(None, wanted, lower, autojunk=False).ratio()
        return max(whole, SequenceMatcher(None, by_model, lower.rpartition("/")[2], autojunk=False).ratio())

    return tuple(sorted(names(), key=lambda name: (-closeness(name), name))[:n])


def variants(repo: str) -> tuple[str, ...]:
    """Quantised builds of the same weights that the table knows, sorted by name."""
    row = find(repo)
    if row is None:
        return ()
    root = row.base or row.repo
    return tuple(
        name
        for name in names()
        if name != row.repo
        and (other := _read(name)).config.get("quantization_config")
        and root in (other.base, _base_of(other.base))
    )


def names() -> tuple[str, ...]:
    """All repositories of the table, sorted."""
    return tuple(sorted(_by_lower_case().values()))


@cache
def _by_lower_case() -> Mapping[str, str]:
    repos = (path.stem.replace("--", "/", 1) for path in FOLDER.glob("*.json"))
    return {repo.lower(): repo for repo in repos}


@cache
def _read(repo: str) -> ShapeRow:
    row = json.loads((FOLDER / f"{repo.replace('/', '--', 1)}.json").read_text(encoding="utf-8"))
    return ShapeRow(
        row["repo"],
        row["config"],
        row["source"],
        row["checked"],
        row.get("base"),
        row.get("safetensors_bytes"),
        row["confidence"],
    )


def _base_of(repo: str | None) -> str | None:
    return _read(repo).base if repo else None
