"""Which files a usage log is made of, and their lines as bytes: put aside, compressed, or out of a pipe."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from io import BufferedReader
from pathlib import Path

from dreamc.cost.log_shape import whole_file
from dreamc.errors import DreamError

LONGEST = 1 << 20
"""Bytes of a line: a prompt of 16,384 characters, escaped, has a tenth of it."""
READ = 1 << 18

_ASIDE = re.compile(r"-\d{8}T\d{6}\.\d{3}Z")
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


def logs_of(path: Path) -> tuple[Path, ...]:
    """The log and what was put aside beside it, compressed or not: the oldest first, the log last.

    A file that was itself put aside stands for itself alone. Nothing is said of a file that is missing: who reads does.
    """
    try:
        beside = tuple(path.parent.iterdir())
    except OSError:
        beside = ()
    found = sorted((one for one in beside if _was_put_aside(one, path)), key=lambda one: one.name)
    return (*found, *((path,) if not found or path in beside else ()))


def identity(path: Path) -> tuple[int, int]:
    """What tells a file from others, whatever it is called. Raises DreamError where there is none to read."""
    try:
        found = path.stat()
        inside = sorted(one.name for one in path.iterdir() if ".jsonl" in one.name) if path.is_dir() else None
    except OSError as error:
        raise _unreadable(path, error) from error
    if inside is not None:
        remedy = f"name the log in it: {path / inside[-1]}" if inside else "name the usage log"
        raise DreamError(f"{path} is a directory, not a usage log", "", remedy)
    return found.st_dev, found.st_ino


def raw_lines(path: Path, torn: list[str]) -> Iterator[bytes]:
    """Lines without their ends. Of one that is longer than LONGEST only the end comes, behind a NUL.

    A compressed file that ends too early is noted in `torn`. Raises DreamError for what is no text, or cannot be read.
    """
    try:
        with path.open("rb") as file, closing(_text(path, file)) as text:
            rest = b""
            while chunk := text.read1(READ):  # read would lose what stands before a torn end
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
                if len(rest) > LONGEST:
                    rest = b"\0"
            yield rest
    except (EOFError, zlib.error, gzip.BadGzipFile):
        torn.append(str(path))
    except OSError as error:
        raise _unreadable(path, error) from error


def _text(path: Path, file: BufferedReader) -> BufferedReader | gzip.GzipFile:
    """Looks at the beginning without moving on: a pipe cannot go back."""
    head = file.peek(512)[:512]
    if found := whole_file(head):
        raise DreamError(f"{path} is {found[0]}", "", found[1])
    if head.startswith(_BOM):
        file.read(len(_BOM))
    return gzip.GzipFile(fileobj=file) if head.startswith(_GZIP) else file


def _unreadable(path: Path, error: OSError) -> DreamError:
    if isinstance(error, FileNotFoundError):
        return DreamError(f"{path} is not there", "", "name a usage log")
    return DreamError(f"{path} cannot be read: {(error.strerror or type(error).__name__).lower()}")


def _was_put_aside(one: Path, log: Path) -> bool:
    plain = one.name.removesuffix(".gz")
    if one.name == log.name or not (plain.startswith(log.stem) and plain.endswith(log.suffix)):
        return False
    return _ASIDE.fullmatch(plain.removeprefix(log.stem).removesuffix(log.suffix)) is not None
