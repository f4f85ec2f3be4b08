"""Puts a compiled output in place: whole by one exchange of directories, or file by file under a journal.

The exchange is used where a directory holds nothing but our output. Where others keep files in it (`.env`, `data/`,
a repository) these must not move, so the new files are staged, the stage is renamed to a journal (the point of no
return), and the journal is rolled forward, by the next compile if this one dies.
"""

from __future__ import annotations

import ctypes
import errno
import glob
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dreamc.artifact.disk import TEMPORARY, Entry, read_entry
from dreamc.artifact.types import MANIFEST, Artifact, portable, sha256

JOURNAL = f"{TEMPORARY}commit"
PLAN = "plan.json"
FSYNC_EACH = 64  # above this many files one sync(2) is cheaper than an fsync(2) each
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV, errno.EBUSY, errno.EPERM)


@contextmanager
def staging(parent: Path, label: str) -> Iterator[Path]:
    """A fresh directory that `sweep` recognises, locked while we live and removed in the end if it is still there."""
    stage = parent / f"{TEMPORARY}{label}.{secrets.token_hex(4)}"
    stage.mkdir()
    with _locked(stage):
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def stage_files(directory: Path, files: tuple[tuple[str, Artifact], ...]) -> None:
    """Writes (host, artifact) below the directory and makes them survive a power cut."""
    targets = [(directory / host / artifact.path, artifact) for host, artifact in files]
    for folder in dict.fromkeys(target.parent for target, _ in targets):
        folder.mkdir(parents=True, exist_ok=True)
    for target, artifact in targets:
        _write(target, artifact.content, int(artifact.mode, 8), flush=len(files) <= FSYNC_EACH)
    if len(files) > FSYNC_EACH:
        os.sync()


def exchange(new: Path, old: Path) -> bool:
    """Swaps two directories in one step (renameat2(2), RENAME_EXCHANGE); False where system or file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(old), RENAME_EXCHANGE) == 0:
        sync_directory(old.parent)
        return True
    number = ctypes.get_errno()
    if number in UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(old))


def commit(stage: Path, root: Path, before: dict[str, Entry], remove: dict[str, Entry]) -> None:
    """Turns a stage inside `root` into the journal and carries it out.

    `before` maps each staged path to what lies there now, `remove` each path to delete likewise: whatever has changed
    by the time the journal is carried out is left alone.
    """
    plan = {
        "put": {path: _state(entry) for path, entry in before.items()},
        "remove": {path: _state(entry) for path, entry in remove.items()},
    }
    _write(stage / PLAN, json.dumps(plan).encode(), 0o644, flush=True)
    os.rename(stage, root / JOURNAL)
    sync_directory(root)
    roll_forward(root)


def sweep(root: Path) -> None:
    """Finishes what an interrupted compile had decided and removes what it had only begun."""
    for directory, label in ((root.parent, root.name), (root, "new")):
        for leftover in sorted(directory.glob(f"{TEMPORARY}{glob.escape(label)}.*")) if directory.is_dir() else ():
            if not leftover.is_symlink() and leftover.is_dir() and leftover.stat().st_uid == os.geteuid():
                _discard(leftover)
    if (root / JOURNAL).is_dir():
        with _locked(root / JOURNAL):
            roll_forward(root)


def roll_forward(root: Path) -> None:
    """Carries out the journal; may be interrupted and repeated at any point."""
    journal = root / JOURNAL
    if (journal / PLAN).exists():  # else only the cleaning up was interrupted
        _carry_out(journal, root)
    shutil.rmtree(journal)


def _carry_out(journal: Path, root: Path) -> None:
    """Manifests last: until then the old one tells what belongs to us."""
    plan = json.loads((journal / PLAN).read_bytes())
    steps = sorted((path.endswith(f"/{MANIFEST}"), path, before) for path, before in plan["put"].items())
    for last, path, before in steps:
        if not last:
            _put(journal / path, root, path, before)
    for path, before in plan["remove"].items():
        _remove(root, path, before)
    for last, path, before in steps:
        if last:
            _put(journal / path, root, path, before)
    (journal / PLAN).unlink()


def sync_directory(directory: Path) -> None:
    """Makes renames in the directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put(staged: Path, root: Path, path: str, before: str) -> None:
    if not portable(path) or not staged.exists() or _state(read_entry(root, path)) != before:
        return
    place = root
    for segment in path.split("/")[:-1]:
        place = place / segment
        if place.is_symlink():
            place.unlink()
        place.mkdir(exist_ok=True)
    os.replace(staged, root / path)
    sync_directory(place)


def _remove(root: Path, path: str, before: str) -> None:
    if not portable(path) or _state(read_entry(root, path)) != before or before == "absent":
        return
    target = root / path
    target.unlink()
    for parent in target.parents:
        if parent == root or any(parent.iterdir()):
            return
        parent.rmdir()


def _state(entry: Entry) -> str:
    return sha256(entry.content) if entry.kind == "file" else entry.kind


def _write(target: Path, content: bytes, mode: int, *, flush: bool) -> None:
    with target.open("xb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        if flush:
            file.flush()
            os.fsync(file.fileno())


def _discard(leftover: Path) -> None:
    try:
        with _locked(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
    except BlockingIOError:
        return


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Holds an flock(2) on the directory; BlockingIOError when another process holds it."""
    import fcntl

    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
