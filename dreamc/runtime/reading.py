"""Strict reading of JSON values that know where they stand, so that an error can name the place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

T = TypeVar("T")

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


class PolicyError(Exception):
    """A policy.json that must not be served; `path` is the JSON path of what is wrong."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and its JSON path. Every method raises PolicyError at that path."""

    value: object
    path: str

    def fail(self, message: str) -> NoReturn:
        raise PolicyError(self.path, message)

    def key(self, name: str) -> Node:
        """The member `name` of this object; a missing one reads as null."""
        return Node(self.mapping().get(name), self._below(name))

    def mapping(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            self.fail(f"expected an object, got {_kind(self.value)}")
        return self.value

    def shape(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Node:
        """Refuses missing and unknown keys; returns this node."""
        given = self.mapping()
        for name in required:
            if name not in given:
                self.fail(f"the key {name!r} is missing")
        for name in given:
            if name not in required and name not in optional:
                Node(None, self._below(name)).fail("unknown key")
        return self

    def items(self) -> tuple[Node, ...]:
        if not isinstance(self.value, list):
            self.fail(f"expected a list, got {_kind(self.value)}")
        return tuple(Node(item, f"{self.path}[{index}]") for index, item in enumerate(self.value))

    def entries(self) -> tuple[tuple[str, Node], ...]:
        return tuple((name, self.key(name)) for name in self.mapping())

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            self.fail(f"expected a text, got {_kind(self.value)}")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.fail(f"expected true or false, got {_kind(self.value)}")
        return self.value

    def number(self, low: float, high: float = float("inf")) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self.fail(f"expected a number, got {_kind(self.value)}")
        if not low <= self.value <= high:
            self.fail(f"expected a number from {low:g} to {high:g}, got {self.value:g}")
        return float(self.value)

    def whole(self, low: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail(f"expected a whole number, got {_kind(self.value)}")
        if self.value < low:
            self.fail(f"expected at least {low}, got {self.value}")
        return self.value

    def one_of(self, names: Iterable[str], what: str) -> str:
        text = self.text()
        known = tuple(names)
        if text not in known:
            self.fail(f"{text!r} is not {what}; known: {', '.join(known) or 'none'}")
        return text

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def optional(self, read: Callable[[Node], T]) -> T | None:
        """None for null or a missing key, else what `read` makes of this node."""
        return None if self.value is None else read(self)

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if _PLAIN_KEY.match(name) else f"{self.path}[{json.dumps(name)}]"


def parse(text: str) -> Node:
    """The root node of a JSON text. Raises PolicyError for bad JSON, NaN, duplicate keys and excessive depth."""
    try:
        return Node(json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant), "$")
    except RecursionError:
        raise PolicyError("$", "nested too deeply") from None
    except json.JSONDecodeError as error:
        raise PolicyError("$", f"not JSON: {error}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for name, value in pairs:
        if name in seen:
            raise PolicyError("$", f"the key {name!r} is given twice in one object")
        seen[name] = value
    return seen


def _no_constant(name: str) -> NoReturn:
    raise PolicyError("$", f"{name} is not a JSON number")


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case "":
            return "an empty text"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return f"{value!r}"[:60]
