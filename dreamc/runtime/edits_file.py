"""The overlay's file on disk: read by whoever decides, replaced in one step by whoever edits, every edit audited."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .edits import Change, Edits, changed, load_edits, merged, objection, read_error, text_of
from .reading import Node, PolicyError
from .types import Whitelist

Clock = Callable[[], datetime]
EDITS, AUDIT, LOCK = "additions.json", "audit.jsonl", ".lock"
LARGEST = 4_194_304
"""Bytes of an additions.json; a larger file counts as broken."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Who changes something, and why, as the audit keeps it."""

    who: str
    why: str


def read_bytes(path: Path, largest: int) -> bytes | None:
    """What stands in a file; None where there is none. Raises PolicyError."""
    try:
        with path.open("rb") as file:
            given = file.read(largest + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise read_error(path, error) from error
    return given if len(given) <= largest else Node(None, str(path)).fail(f"larger than {largest} bytes")


def read_edits(folder: Path) -> Edits:
    """The overlay in `folder`, () where there is none. Raises PolicyError for one that must not be trusted."""
    path = folder / EDITS
    given = read_bytes(path, LARGEST)
    if given is None:
        return ()
    try:
        return load_edits(given.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), f"not UTF-8: {error.reason} at byte {error.start}") from None
    except PolicyError as error:
        raise PolicyError(f"{path} {error.path}", error.message) from error


def edit(folder: Path, compiled: Whitelist, change: Change, reason: Reason, clock: Clock) -> str | None:
    """Makes one change, or says why not. One writer at a time; readers see the old file or the new one.

    The audit is on disk before the change counts. Raises PolicyError for a broken overlay, OSError for a failing disk:
    nothing was changed then.
    """
    with _locked(folder):
        before = read_edits(folder)
        why = objection(merged(compiled, before), change)
        if why is not None:
            return why
        new = folder / f"{EDITS}.new"
        _write(new, text_of(changed(compiled, before, change)))
        _append(folder / AUDIT, _row(change, reason, clock()))
        new.replace(folder / EDITS)
        _sync(folder)
    return None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)


def _append(path: Path, row: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(row)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(change: Change, reason: Reason, at: datetime) -> str:
    row = {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "who": reason.who,
        "did": "add" if change.allowed else "remove",
        "resource_type": change.resource_type,
        "resource_name": change.resource_name,
        "why": reason.why,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"
