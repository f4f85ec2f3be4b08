"""Pieces of files on this disk, and exactly as many bytes as were promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dreamc.errors import DreamError

CHUNK = 1 << 20


def pieces(parts: Iterable[tuple[Path, int, int]]) -> Iterator[bytes]:
    """The bytes of each (file, offset, length); DreamError for a file that is shorter."""
    for path, offset, length in parts:
        with _opened(path) as file:
            file.seek(offset)
            left = length
            while left:
                chunk = file.read(min(CHUNK, left))
                if not chunk:
                    raise DreamError(f"{path} ended {left} bytes early", "what was sent is kept", "fetch it again")
                left -= len(chunk)
                yield chunk


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise DreamError(f"{path}: {error.strerror}", "what was sent is kept", "fetch it again") from error
