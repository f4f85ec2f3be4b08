"""What the tests of moving in share: the sources of `tests/moving`, in the shape of what people have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dreamc.moving.finish import Wish
from dreamc.moving.move import Moved, move
from dreamc.moving.recognise import find
from dreamc.moving.types import Row

ROOT = Path(__file__).resolve().parents[3]
SHAPES = ROOT / "tests" / "moving"
TODAY = date(2026, 11, 20)
CARDS = {"daemon": "rtx-3090", "modes": "rtx-3090", "lab": "", "whitelist": "rtx-4070"}
"""Every shape, and the card that is named where no file of it names one."""


def moved(*paths: Path, gpu: str = "", name: str = "") -> Moved:
    """The import of files."""
    found = find(paths)
    assert not found.findings, found.findings
    return move(found, Wish(name, gpu), TODAY)


def shape(name: str) -> Moved:
    """The import of a whole shape."""
    return moved(SHAPES / name, gpu=CARDS[name])


def of_text(folder: Path, text: str, file: str = "config.yaml", gpu: str = "rtx-3090") -> Moved:
    """The import of one text."""
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return moved(path, gpu=gpu)


def row(made: Moved, key: str) -> Row:
    """The one row of a key; the file may be named in front, as `file:key`."""
    file, _, inside = key.rpartition("|")
    found = [one for one in made.rows if one.key == inside and one.file.endswith(file)]
    assert len(found) == 1, (key, [one.key for one in made.rows])
    return found[0]
