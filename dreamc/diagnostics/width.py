"""How wide text is on a terminal, and how a line of a file is shown there."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

TAB = 4
_MASK = "•"
_UNSHOWABLE = "\ufffd"


class Cell(NamedTuple):
    """What is shown for one character, and how many columns it takes."""

    text: str
    width: int


def width(text: str) -> int:
    """Columns of `text` on a terminal: wide characters take two, combining and invisible ones none."""
    return sum(_cell(character).width for character in text)


def cells(line: str, masked: tuple[tuple[int, int], ...] = ()) -> list[Cell]:
    """One cell a character of `line`; those in the ranges of `masked` (0-based, end exclusive) are blotted out."""
    shown = [_cell(character) for character in line]
    for start, end in masked:
        for position in range(max(start, 0), min(end, len(shown))):
            shown[position] = Cell(_MASK, 1)
    return shown


def clean(text: str) -> str:
    """`text` on one line, without characters that steer a terminal or turn the direction of writing."""
    return "".join(" " if character in "\n\r\t" else _cell(character).text for character in text)


def _cell(character: str) -> Cell:
    if " " <= character <= "~":
        return Cell(character, 1)
    if character == "\t":
        return Cell(" " * TAB, TAB)
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") or unicodedata.bidirectional(character) in _STEERING:
        return Cell(_UNSHOWABLE, 1)
    if category in ("Mn", "Me", "Cf"):
        return Cell(character, 0)
    return Cell(character, 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1)


_STEERING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
