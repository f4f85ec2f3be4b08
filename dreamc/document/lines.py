"""Offsets into a text as lines and columns, and the mapping from paths to places that is built on them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dreamc.document.types import Document, Path, Place, Span

_BREAK = re.compile(r"\r\n|\n|\r")


class Lines:
    """Knows where the lines of one source begin; line breaks are those of YAML 1.2."""

    __slots__ = ("source", "starts")

    def __init__(self, source: int, text: str) -> None:
        self.source = source
        self.starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def moved(self, by: int) -> Lines:
        """The same lines of a source whose index is greater by `by`."""
        lines = Lines(self.source + by, "")
        lines.starts = self.starts
        return lines

    def span(self, start: int, end: int) -> Span:
        """The span of text[start:end]."""
        starts = self.starts
        first = bisect_right(starts, start)
        last = bisect_right(starts, end)
        return Span(self.source, first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)


class Offsets(NamedTuple):
    """A place as offsets into a text; -1 where there is no key or no alias."""

    lines: Lines
    key_start: int
    key_end: int
    start: int
    end: int
    via_start: int = -1
    via_end: int = -1

    def place(self) -> Place:
        """The same as spans."""
        span = self.lines.span
        key = span(self.key_start, self.key_end) if self.key_start >= 0 else None
        via = span(self.via_start, self.via_end) if self.via_start >= 0 else None
        return Place(key, span(self.start, self.end), via)


class Places(Mapping[Path, Place]):
    """The place of each path. A Place is made when it is asked for: a large file has many and shows few."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[Path, Offsets | Place]) -> None:
        self.entries = entries

    def __getitem__(self, path: Path) -> Place:
        entry = self.entries[path]
        return entry.place() if isinstance(entry, Offsets) else entry

    def __contains__(self, path: object) -> bool:
        return path in self.entries

    def __iter__(self) -> Iterator[Path]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def written(document: Document, path: Path) -> str:
    """The source text of the value at `path`, quotes included; empty where it is not known."""
    entries = document.places.entries if isinstance(document.places, Places) else {}
    entry = entries.get(path)
    if not isinstance(entry, Offsets) or entry.lines.source >= len(document.sources):
        return ""
    return document.sources[entry.lines.source].text[entry.start : entry.end]
