"""Which keys a model knows, and where: read off pydantic's core schema, which has resolved aliases and unions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from dreamc.diagnostics.types import Path

Node = dict[str, Any]

_ANY = "<name>"
_ITEM = "[]"
_SERIES = ("tuple", "list", "set", "frozenset")


class Fields:
    """The keys of `model` and of everything below it."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.refs: dict[str, Node] = {}
        self.root: Any = model.__pydantic_core_schema__
        self._collect(self.root)
        self._homes: dict[str, dict[Path, None]] = {}

    def keys_at(self, path: Path, models: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The keys that may stand in the mapping at `path`, in their declared order; of `models` only, where named."""
        groups = [node for found in self.at(path) for node in self._entries(found) if node["type"] == "model-fields"]
        chosen = [group for group in groups if group.get("model_name") in models] or groups
        return tuple(dict.fromkeys(key for group in chosen for key, _ in _fields(group)))

    def at(self, path: Path) -> list[Node]:
        """The schema nodes that describe the value at `path`: several where it is a union."""
        nodes = list(self._resolve(self.root))
        for segment in path:
            nodes = [found for node in nodes for child in self._step(node, segment) for found in self._resolve(child)]
        return nodes

    def homes(self, key: str) -> tuple[Path, ...]:
        """The parents under which `key` is known, shortest first; `<name>` and `[]` stand for any key or position."""
        if not self._homes:
            for name, parent in self._everything():
                self._homes.setdefault(name, {})[parent] = None
        return tuple(sorted(self._homes.get(key, ()), key=lambda path: (len(path), [str(part) for part in path])))

    def _step(self, node: Node, segment: str | int) -> Iterator[Any]:
        for key, child in _children(node):
            if (
                key == segment
                or (key == _ANY and isinstance(segment, str))
                or (key == _ITEM and isinstance(segment, int))
            ):
                yield child
            elif key == _ITEM and node["type"] in _SERIES:
                # One entry written without its list: what stands there is the entry itself.
                for entry in self._resolve(child):
                    yield from self._step(entry, segment)

    def _entries(self, node: Node) -> Iterator[Node]:
        # One entry may be written without its list: its keys are then the keys of the list's entries.
        yield node
        if node["type"] in _SERIES:
            for _, item in _children(node):
                yield from self._resolve(item)

    def _everything(self) -> Iterator[tuple[str, Path]]:
        waiting: list[tuple[Any, Path, tuple[int, ...]]] = [(self.root, (), ())]
        while waiting:
            schema, path, above = waiting.pop()
            for node in self._resolve(schema):
                if id(node) in above:
                    continue
                for key, child in _children(node):
                    if node["type"] == "model-fields":
                        yield str(key), path
                    waiting.append((child, (*path, key), (*above, id(node))))

    def _resolve(self, schema: Any) -> Iterator[Node]:
        """The nodes behind wrappers: unions, defaults, validators, references."""
        waiting = [schema]
        while waiting:
            node = waiting.pop(0)
            kind = node["type"]
            if kind == "definition-ref":
                waiting.append(self.refs[node["schema_ref"]])
            elif kind in ("union", "tagged-union"):
                choices = node["choices"].values() if kind == "tagged-union" else node["choices"]
                waiting.extend(choice[0] if isinstance(choice, tuple) else choice for choice in choices)
            elif kind == "chain":
                waiting.append(node["steps"][0])
            elif kind in ("lax-or-strict", "json-or-python"):
                waiting.append(node.get("python_schema") or node["lax_schema"])
            elif isinstance(node.get("schema"), dict):
                waiting.append(node["schema"])
            else:
                yield node

    def _collect(self, node: Any) -> None:
        if isinstance(node, (list, tuple)):
            for child in node:
                self._collect(child)
        elif hasattr(node, "items"):
            if isinstance(node.get("ref"), str):
                self.refs[node["ref"]] = node
            for name, child in node.items():
                if name not in ("default", "metadata"):
                    self._collect(child)


def _fields(node: Node) -> Iterator[tuple[str, Any]]:
    for name, field in node["fields"].items():
        alias = field.get("validation_alias")
        yield alias if isinstance(alias, str) else name, field["schema"]


def _children(node: Node) -> Iterator[tuple[str, Any]]:
    if node["type"] == "model-fields":
        yield from _fields(node)
    elif node["type"] == "dict" and "values_schema" in node:
        yield _ANY, node["values_schema"]
    elif node["type"] == "tuple":
        yield from ((_ITEM, item) for item in node["items_schema"])
    elif node["type"] in ("list", "set", "frozenset") and "items_schema" in node:
        yield _ITEM, node["items_schema"]


def dotted(path: Path) -> str:
    """A path for people: `models.<name>`, `tests[]`."""
    return "".join(part if part == _ITEM else f".{part}" for part in map(str, path)).lstrip(".")
