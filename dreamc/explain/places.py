"""Paths of dream.yaml as people find them: file, line and column, or the default that stands in."""

from __future__ import annotations

from functools import cache
from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.document.types import Document
from dreamc.explain.types import Origin
from dreamc.spec.schema import dream_schema

LONGEST = 140


def origins(document: Document, paths: tuple[Path, ...]) -> tuple[Origin, ...]:
    """Where each path is written, or what its default is."""
    return tuple(dict.fromkeys(_origin(document, path) for path in paths))


def dotted(path: Path) -> str:
    """A path for people: `models.fast.gpus[0]`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _origin(document: Document, path: Path) -> Origin:
    if path not in document.places:
        return Origin("default", dotted(path), f"not written; {_default(path)}")
    place = document.places[path]
    span = place.key if place.key is not None and isinstance(_value(document, path), dict | list) else place.value
    source = document.sources[span.source]
    line = source.text.splitlines()[span.start_line - 1].strip() if source.text else ""
    cut = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return Origin("written", f"{source.name}:{span.start_line}:{span.start_column}", cut)


def _value(document: Document, path: Path) -> object:
    found: Any = document.value
    for key in path:
        found = found[key]
    return found


def _default(path: Path) -> str:
    """What the language says about a key that is not there."""
    found = field(path)
    if found is None:
        return "the compiler decides"
    text = str(found.get("description", "")).strip()
    if "Default:" in text:
        return "the default is: " + text.partition("Default:")[2].strip().rstrip(".")
    return f"the default is {found['default']!r}" if found.get("default") is not None else "nothing is the default"


def field(path: Path) -> dict[str, Any] | None:
    """The schema of a key of dream.yaml."""
    node: dict[str, Any] | None = _schema()
    for key in path:
        node = _below(node, key) if node is not None else None
    return node


@cache
def _schema() -> dict[str, Any]:
    return dream_schema()


def _below(node: dict[str, Any], key: str | int) -> dict[str, Any] | None:
    for one in _alternatives(node):
        if isinstance(key, int):
            if isinstance(one.get("items"), dict):
                return dict(one["items"])
        elif key in one.get("properties", {}):
            return dict(one["properties"][key])
        elif isinstance(one.get("additionalProperties"), dict):
            return dict(one["additionalProperties"])
        elif one.get("patternProperties") and "properties" not in one:
            return dict(next(iter(one["patternProperties"].values())))
    return None


def _alternatives(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The node and everything that it refers to."""
    found = [node]
    for one in found:
        if "$ref" in one:
            found.append(_schema()["definitions"][one["$ref"].rpartition("/")[2]])
        found.extend(inner for key in ("allOf", "anyOf", "oneOf") for inner in one.get(key, ()))
    return found
