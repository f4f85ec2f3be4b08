"""Reads usage logs: a line per call, of several files one behind the other.

Memory does not grow with the log. What is no line of a usage log is counted, never a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from dreamc.cost.log_files import identity, logs_of, raw_lines
from dreamc.cost.log_requests import Request, requests
from dreamc.cost.log_shape import whose
from dreamc.cost.usage_line import CALLED, KINDS, Line

__all__ = ("CALLED", "Line", "Request", "Skipped", "lines", "logs_of", "requests")

BLOCK_BITS, BLOCKS = 9, 65_536
"""What was read is remembered as a bit per line, in blocks of 512 lines of a writer: the latest 33 million lines."""


class Skipped(Struct):
    """What was not read, counted on the way.

    `cut`: lines that are not JSON, as a full disk leaves them; `foreign`: JSON of another shape, by what it is called
    in `shapes`; `repeated`: lines that came a second time; `torn`: compressed files that end too early.
    """

    cut: int = 0
    foreign: int = 0
    repeated: int = 0
    shapes: dict[str, int] = {}
    torn: list[str] = []

    def note(self, shape: str) -> None:
        self.foreign += 1
        self.shapes[shape] = self.shapes.get(shape, 0) + 1


def lines(paths: Iterable[Path], skipped: Skipped | None = None) -> Iterator[Line]:
    """The lines of all files in the given order, each once; a file that is named twice is read once.

    What is no line of a usage log is counted in `skipped`. Raises DreamError for a file that cannot be read, or that is
    something else altogether. A line is known by its writer and number, so a copy counts nothing; but of more than 33
    million lines, what is repeated from further back counts again, and so do lines without a number.
    """
    noted, seen, read = Skipped() if skipped is None else skipped, _Seen(), set[tuple[int, int]]()
    for path in paths:
        this = identity(path)
        if this not in read:
            read.add(this)
            yield from _fresh(_decoded(path, noted), seen, noted)


class _Seen:
    """Which lines were read: bounded, whatever the logs hold."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, int], bytearray] = {}

    def before(self, writer: str, number: int) -> bool:
        """Whether this line was there already; from now on it was."""
        key = (writer, number >> BLOCK_BITS)
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = bytearray(1 << (BLOCK_BITS - 3))
            if len(self._blocks) > BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        at, bit = (number >> 3) & ((1 << (BLOCK_BITS - 3)) - 1), 1 << (number & 7)
        known = block[at] & bit
        block[at] |= bit
        return bool(known)


def _fresh(found: Iterator[Line], seen: _Seen, noted: Skipped) -> Iterator[Line]:
    for line in found:
        if line.n > 0 and line.writer and seen.before(line.writer, line.n):
            noted.repeated += 1
        else:
            yield line


def _decoded(path: Path, noted: Skipped) -> Iterator[Line]:
    decode = msgspec.json.Decoder(Line).decode
    for raw in raw_lines(path, noted.torn):
        try:
            line = decode(raw)
        except (msgspec.DecodeError, RecursionError):
            line = None
        if line is not None and _is_ours(line):
            yield line
        elif shape := whose(raw):
            noted.note(shape)
        elif raw.strip():
            noted.cut += 1


def _is_ours(line: Line) -> bool:
    """A client's own export has time and status as well, but neither writer nor member."""
    kind = line.status.partition(":")[0]
    told = line.writer or line.member or kind in ("failed", "refused")
    return bool(told) and kind in KINDS and _is_day(line.time[:10])


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(r"2\d{3}-\d\d-\d\d", text, re.ASCII) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
