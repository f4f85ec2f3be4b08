"""What became of every key of one source: each leaf has exactly one verdict, that of the nearest key that was noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from dreamc.diagnostics.blot import blotted
from dreamc.diagnostics.types import Path
from dreamc.moving.types import Given, Origin, Row, Verdict, dotted

UNKNOWN = "dreamc knows no such key"
SEEN = "the compiler writes its own"


class Note(Struct, frozen=True):
    """A verdict on a key and all below it."""

    verdict: Verdict
    target: str
    reason: str


@dataclass(slots=True)
class Notes:
    """The notes on one source while it is read."""

    given: Given
    noted: dict[Path, Note] = field(default_factory=dict)

    def at(self, path: Path) -> Origin:
        """The key as an origin."""
        return Origin(self.given, path)

    def take(self, path: Path, target: Path | str = "", reason: str = "") -> None:
        """The key is expressed in dream.yaml, at `target`."""
        self.noted[path] = Note("taken", _shown(target), reason)

    def correct(self, path: Path, target: Path | str, reason: str) -> None:
        """The key is expressed, but not as it was written."""
        self.noted[path] = Note("corrected", _shown(target), reason)

    def leave(self, path: Path, reason: str = UNKNOWN) -> None:
        """The key has no place in dream.yaml."""
        self.noted[path] = Note("left", "", reason)

    def of(self, path: Path) -> Note:
        """What is noted of a leaf: its own note, else the nearest above."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.noted:
                return self.noted[path[:length]]
        return Note("left", "", UNKNOWN)

    def rows(self) -> Iterator[Row]:
        """One row for every leaf, in the order of the file."""
        for path in leaves(self.given.value):
            note = self.of(path)
            line = self.given.line(path)
            key = dotted(path) + _option(self.given.value, path)
            said = (blotted(key), note.verdict, blotted(note.target), blotted(note.reason))
            yield Row(self.given.name, line, *said)


def leaves(value: object, path: Path = ()) -> Iterator[Path]:
    """Paths of all scalars and of all empty lists and mappings."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from leaves(below, (*path, index))
    elif path:
        yield path


def _option(value: object, path: Path) -> str:
    """The name of an option, where a key is a word of a command; never what it is set to."""
    for part in path:
        value = value[part] if isinstance(value, (dict, list)) else None  # type: ignore[index]
    word = value if isinstance(value, str) and isinstance(path[-1], int) else ""
    return f" {word.partition('=')[0]}" if word.startswith("--") else ""


def _shown(target: Path | str) -> str:
    return target if isinstance(target, str) else dotted(target)
