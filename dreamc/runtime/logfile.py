"""A file of lines that several processes append to, put aside when it is large or old; the oldest go away."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_LOG = logging.getLogger("dream.usage")
_FIRST = re.compile(rb'\{"time":"([0-9T:.+Z-]{19,32})"')
_ASIDE = re.compile(r"-\d{8}T\d{6}\.\d{3}Z")
MODE = 0o640


@dataclass(frozen=True, slots=True)
class Rotation:
    """A file is put aside at `size` bytes, or when its first line is `age_s` seconds old; `keep` of them stay."""

    size: int = 67_108_864
    age_s: float = 2_592_000.0
    keep: int = 12


class LogFile:
    """Not safe for threads; whoever appends holds a lock. Processes need none: a line is one write at the end.

    Files put aside are named after the moment, `usage-20261120T120000.000Z.jsonl`, so that names sort by age.
    """

    def __init__(self, path: Path, rotation: Rotation, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._rotation = rotation
        self._clock = clock
        self._file = -1
        self._known: tuple[int, int] | None = None
        self._since = 0.0
        self._torn = False
        self._stuck = False

    def append(self, line: bytes) -> None:
        """Writes a line with its end. Raises OSError; a line that was cut off is ended before the next one."""
        file = self._current()
        given = b"\n" + line if self._torn else line
        written = os.write(file, given)
        self._torn = written < len(given)
        if self._torn:
            raise OSError(errno.ENOSPC, "only a part of a line could be written")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._known = -1, None

    def _current(self) -> int:
        """The descriptor of the file at the path: another process may have put the earlier one aside."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return self._open()
        if (found.st_dev, found.st_ino) != self._known:
            return self._open()
        if not stat.S_ISREG(found.st_mode) or not self._due(found.st_size):
            return self._file
        return self._open() if self._put_aside() else self._file

    def _open(self) -> int:
        self.close()
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        found = os.fstat(self._file)
        self._known = (found.st_dev, found.st_ino)
        self._since = self._begun() if stat.S_ISREG(found.st_mode) and found.st_size else self._clock()
        return self._file

    def _begun(self) -> float:
        """When the first line was written, in seconds since 1970; now where that cannot be read.

        Of the file that is open: at the path there may be another one by now, or none.
        """
        first = _FIRST.match(os.pread(self._file, 64, 0))
        try:
            return datetime.fromisoformat(first[1].decode()).timestamp() if first else self._clock()
        except ValueError:
            return self._clock()

    def _due(self, size: int) -> bool:
        return size >= self._rotation.size or (size > 0 and self._clock() - self._since >= self._rotation.age_s)

    def _put_aside(self) -> bool:
        """Whether the file was renamed. What fails here is said once, and the file grows on."""
        try:
            return self._rename()
        except OSError as error:
            if not self._stuck:
                _LOG.error("usage log %s cannot be put aside and grows on: %s", self.path, error)
            self._stuck = True
            return False

    def _rename(self) -> bool:
        """One process does it: the others find the lock taken, or the file gone when they get it."""
        with self.path.with_name(f".{self.path.name}.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found = self.path.stat()
            except (BlockingIOError, FileNotFoundError):
                return False
            if (found.st_dev, found.st_ino) != self._known:
                return True
            self.path.rename(self._name())
            for old in aside(self.path)[: -self._rotation.keep or None]:
                old.unlink(missing_ok=True)
        self._stuck = False
        return True

    def _name(self) -> Path:
        """Behind all others, whatever the clock says: names sort by age."""
        moment, last = self._clock(), aside(self.path)[-1:]
        return named(self.path, max(moment, *(_moment(one) + 0.001 for one in last), 0.0))


def named(path: Path, moment: float) -> Path:
    """The name of a file put aside at `moment`, in seconds since 1970."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=round(moment * 1000))
    return path.with_name(f"{path.stem}-{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z{path.suffix}")


def _moment(file: Path) -> float:
    """When a file was put aside, by its name."""
    return datetime.strptime(f"{file.stem[-20:-1]}000+0000", "%Y%m%dT%H%M%S.%f%z").timestamp()


def aside(path: Path) -> tuple[Path, ...]:
    """The files put aside, the oldest first."""
    found = (one for one in path.parent.iterdir() if one.name.startswith(path.stem) and one.suffix == path.suffix)
    return tuple(sorted(one for one in found if _ASIDE.fullmatch(one.stem.removeprefix(path.stem))))


def files(path: Path) -> tuple[Path, ...]:
    """Everything that was written, the oldest first and the file at the path last."""
    return (*aside(path), *((path,) if path.exists() else ())) if path.parent.is_dir() else ()
