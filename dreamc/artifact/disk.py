"""What lies in an output directory: generated files as the last manifest recorded them, and what others put there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dreamc.artifact.types import HOST, MANIFEST, Bundle, portable, sha256

TEMPORARY = ".dreamc-"  # every name we give to a directory that is not output begins with this


@dataclass(frozen=True, slots=True)
class Entry:
    """A path that was generated or is to be: its bytes now, its permission to execute, the recorded sha256."""

    kind: Literal["file", "absent", "link", "other"]
    content: bytes = b""
    executable: bool = False
    recorded: str | None = None

    @property
    def edited(self) -> bool:
        """True when the bytes are not those that the last compile recorded."""
        return self.kind == "file" and sha256(self.content) != self.recorded


@dataclass(frozen=True, slots=True)
class HostOutput:
    """One host's directory. `recorded` is None without a manifest of ours; `foreign` are the top-most strange paths."""

    host: str
    kind: Literal["directory", "absent", "other"]
    stack: str | None
    recorded: Mapping[str, str] | None
    entries: Mapping[str, Entry]
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """An output directory as it is: the hosts in it, sorted, and entries beside them that are not ours."""

    hosts: Mapping[str, HostOutput]
    foreign: tuple[str, ...]


def scan(root: Path, bundles: tuple[Bundle, ...]) -> Output:
    """Reads what concerns us below `root`; never descends into directories that hold nothing generated."""
    wanted = {bundle.host: {artifact.path for artifact in bundle.artifacts} for bundle in bundles}
    names = sorted(os.listdir(root)) if os.path.lexists(root) else []
    names = [name for name in names if not name.startswith(TEMPORARY)]
    possible = sorted(name for name in {*names, *wanted} if HOST.fullmatch(name))
    ours = {name: _host(root / name, wanted.get(name, set())) for name in possible}
    hosts = {name: host for name, host in ours.items() if name in wanted or host.recorded is not None}
    return Output(hosts, tuple(name for name in names if name not in hosts))


def _host(directory: Path, wanted: set[str]) -> HostOutput:
    name = directory.name
    if not os.path.lexists(directory):
        return HostOutput(name, "absent", None, None, {path: Entry("absent") for path in wanted}, ())
    if directory.is_symlink() or not directory.is_dir():
        return HostOutput(name, "other", None, None, {}, ())
    stack, recorded = _manifest(directory / MANIFEST)
    if recorded is None and not wanted:
        return HostOutput(name, "directory", None, None, {}, ())
    known = {*wanted, *(recorded or {}), MANIFEST}
    entries = {path: read_entry(directory, path, (recorded or {}).get(path)) for path in sorted(known)}
    return HostOutput(name, "directory", stack, recorded, entries, tuple(_foreign(directory, known)))


def _manifest(file: Path) -> tuple[str | None, Mapping[str, str] | None]:
    """The stack's name and path -> sha256 of the last compile; nothing when the file is not one of ours."""
    try:
        if file.is_symlink() or not file.is_file():
            return None, None
        value = json.loads(file.read_bytes())
        if value["version"] != 1 or not value["tool"].startswith("dreamc ") or value["host"] != file.parent.name:
            return None, None
        recorded = {str(row["path"]): str(row["sha256"]) for row in value["files"]}
        return value.get("stack"), recorded if all(portable(path) for path in recorded) else None
    except (PermissionError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, None


def read_entry(directory: Path, path: str, recorded: str | None = None) -> Entry:
    """A symbolic link anywhere on the way counts as a link: what lies behind it is not ours."""
    place = directory
    for segment in path.split("/"):
        place = place / segment
        try:
            status = place.lstat()
        except FileNotFoundError:
            return Entry("absent", recorded=recorded)
        except NotADirectoryError:
            return Entry("other", recorded=recorded)
        if stat.S_ISLNK(status.st_mode):
            return Entry("link", recorded=recorded)
    if not place.is_file():
        return Entry("other", recorded=recorded)
    return Entry("file", place.read_bytes(), bool(place.stat().st_mode & stat.S_IXUSR), recorded)


def _foreign(directory: Path, known: Iterable[str], below: str = "") -> list[str]:
    """Top-most paths that hold nothing known; a directory on the way to a known file is looked into."""
    files = set(known)
    parents = {"/".join(path.split("/")[:count]) for path in files for count in range(1, path.count("/") + 1)}
    found: list[str] = []
    for name in sorted(os.listdir(directory)):
        path = below + name
        if path in parents and not (directory / name).is_symlink() and (directory / name).is_dir():
            found += _foreign(directory / name, files, path + "/")
        elif path not in files:
            found.append(path)
    return found
