"""Bytes on disk to a Source: size, encoding and existence are checked before anything is parsed."""

from __future__ import annotations

from pathlib import Path as FilePath

from dreamc.diagnostics.types import Diagnostic, Source, Span
from dreamc.document.read import LARGEST

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


STARTER = "write a starter with: dreamc init; or name another file"


def load(
    file: FilePath, name: str = "", index: int = 0, remedy: str = STARTER
) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The text of `file`, which messages call `name`. With findings the text is empty or made readable by '\ufffd'.

    `remedy` is what to do where there is no such file.
    """
    name = name or file.as_posix()
    try:
        size = file.stat().st_size
        if size > LARGEST:
            message = f"the file has {size / 2**20:.1f} MiB; a dream.yaml may have {LARGEST >> 20} MiB"
            return Source(name, ""), (_at_start("DRM002", message, index, "is this the right file?"),)
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            return Source(name, ""), (
                _at_start("DRM002", f"there is no end to the file after {LARGEST >> 20} MiB", index),
            )
        return decode(name, data, index)
    except FileNotFoundError:
        return Source(name, ""), (_at_start("DRM001", f"there is no file {name!r}", index, remedy),)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        return Source(name, ""), (_at_start("DRM001", f"the file cannot be read: {reason}", index),)


def decode(name: str, data: bytes, index: int = 0) -> tuple[Source, tuple[Diagnostic, ...]]:
    """`data` as UTF-8, with or without a byte order mark."""
    if data.startswith(_UTF16):
        help = "save it as UTF-8"
        return Source(name, ""), (_at_start("DRM003", "the file is UTF-16, not UTF-8", index, help),)
    if b"\x00" in data:
        return Source(name, ""), (_at_start("DRM003", "the file is not text: it holds zero bytes", index),)
    try:
        return Source(name, data.decode("utf-8-sig")), ()
    except UnicodeDecodeError as error:
        return Source(name, data.decode("utf-8-sig", "replace")), (_bad_byte(data, error, index),)


def _bad_byte(data: bytes, error: UnicodeDecodeError, index: int) -> Diagnostic:
    before = data[: error.start].decode("utf-8-sig", "replace")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    message = f"the byte 0x{data[error.start]:02x} is not UTF-8 text"
    span = Span(index, line, column, line, column + 1)
    return Diagnostic("DRM003", (), message, help="save the file as UTF-8", span=span)


def _at_start(code: str, message: str, index: int, help: str = "") -> Diagnostic:
    return Diagnostic(code, (), message, help=help, span=Span(index, 1, 1, 1, 1))
