"""Values set in the text of a dream.yaml at the places where they stand; every other byte stays as it is.

The places are those that the reader of dream.yaml found, so nothing is parsed and written again: comments, quotes,
indentation and line ends are not touched. The result is read again, and given back only if it says what it should.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from dreamc.diagnostics.codes import has_error
from dreamc.diagnostics.types import Path, Source
from dreamc.document.lines import Offsets, Places
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.write import yaml_text

Scalar = str | float
Change = tuple[tuple[str, ...], Scalar]
STEP = 2
"""Spaces of one level where the file does not show its own."""


def edited(text: str, changes: Sequence[Change]) -> str | None:
    """`text` with these values set, keys added where there are none; None where that would touch more than them."""
    for path, value in changes:
        document, _ = read(Source("", text))
        if document is None or not isinstance(document.value, dict):
            return None
        made = _set(text, document, path, value)
        after, more = read(Source("", made)) if made is not None else (None, ())
        if made is None or after is None or has_error(more):
            return None
        if after.value != _expected(document.value, path, value):
            return None
        text = made
    return text


def _expected(before: dict[str, Any], path: tuple[str, ...], value: Scalar) -> dict[str, Any]:
    found = copy.deepcopy(before)
    here: Any = found
    for name in path[:-1]:
        if not isinstance(here.get(name), dict):
            here[name] = {}
        here = here[name]
    here[path[-1]] = value
    return found


def _set(text: str, document: Document, path: tuple[str, ...], value: Scalar) -> str | None:
    """None where the way to `path` leads through an alias, or through something that is no mapping."""
    entries = document.places.entries if isinstance(document.places, Places) else {}
    at: Path = ()
    here: object = document.value
    for depth, name in enumerate(path):
        parent = entries.get(at)
        if not isinstance(here, dict) or not isinstance(parent, Offsets) or (at and parent.via_start >= 0):
            return None
        entry = entries.get((*at, name))
        if not isinstance(entry, Offsets) or not parent.start <= entry.key_start < parent.end:
            return _added(text, parent, _last(entries, at, here, parent), path[depth:], value, top=not at)
        at, here = (*at, name), here[name]
        if here is None and depth < len(path) - 1:
            return _filled(text, entry, path[depth + 1 :], value)
    entry = entries[path]
    return _replaced(text, entry, value) if isinstance(entry, Offsets) and not isinstance(here, (dict, list)) else None


def _replaced(text: str, entry: Offsets, value: Scalar) -> str:
    """In the quotes that stood there; in the place of an alias, not of what that stands for."""
    start, end = (entry.via_start, entry.via_end) if entry.via_start >= 0 else (entry.start, entry.end)
    old, new = text[start:end], _scalar(value)
    if old[:1] in {"'", '"'} and isinstance(value, str) and old[:1] not in value and "\\" not in value:
        new = f"{old[0]}{value}{old[0]}"
    return text[:start] + new + text[end:]


def _last(entries: Mapping[Path, Any], at: Path, here: Mapping[str, object], parent: Offsets) -> int:
    """Where the last value of a mapping's own ends; the mapping's start where it has none."""
    own = (entries[(*at, name)] for name in here)
    ends = (
        max(one.end, one.via_end) if one.via_start >= one.key_end else one.end for one in own if _inside(one, parent)
    )
    return max((end for end in ends if end <= parent.end), default=parent.start + 1)


def _inside(entry: Offsets, parent: Offsets) -> bool:
    return parent.start <= entry.key_start < parent.end


def _added(text: str, parent: Offsets, last: int, path: tuple[str, ...], value: Scalar, *, top: bool) -> str:
    """A key behind the last one: in braces on the same line, else on a line of its own."""
    if text[parent.start : parent.start + 1] == "{":
        comma = ", " if last > parent.start + 1 else ""
        return text[:last] + comma + _flow(path, value) + text[last:]
    column = parent.start - (max(text.rfind("\n", 0, parent.start), text.rfind("\r", 0, parent.start)) + 1)
    return _behind(text, parent.end, _block(path, value, column), blank=top)


def _filled(text: str, entry: Offsets, path: tuple[str, ...], value: Scalar) -> str:
    """Below a key without a value."""
    line = max(text.rfind("\n", 0, entry.key_start), text.rfind("\r", 0, entry.key_start)) + 1
    return _behind(text, entry.key_end, _block(path, value, entry.key_start - line + STEP), blank=False)


def _behind(text: str, position: int, lines: Sequence[str], *, blank: bool) -> str:
    """`lines` below the line that `position` stands in, with the line ends of the file."""
    newline = "\r\n" if "\r\n" in text else "\n"
    at = text.find("\n", max(position - 1, 0))
    block = newline.join((*(("",) if blank else ()), *lines))
    if at < 0:
        return text + newline + block
    return text[: at + 1] + block + newline + text[at + 1 :]


def _block(path: tuple[str, ...], value: Scalar, column: int) -> list[str]:
    names = [f"{' ' * (column + STEP * depth)}{_scalar(name)}:" for depth, name in enumerate(path)]
    return [*names[:-1], f"{names[-1]} {_scalar(value)}"]


def _flow(path: tuple[str, ...], value: Scalar) -> str:
    inner = f"{_scalar(path[-1])}: {_scalar(value)}"
    for name in reversed(path[:-1]):
        inner = f"{_scalar(name)}: {{{inner}}}"
    return inner


def _scalar(value: Scalar) -> str:
    return yaml_text(value).rstrip("\n")
