"""Control groups of a host, on machines with version 1, version 2 or both.

A host joins one group in every hierarchy of the machine, and sees that group as the root of its own hierarchy.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_NOT_CONTROLLERS = {"rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec", "xattr", "clone_children"}
_V2_ONLY = {"nsdelegate", "memory_recursiveprot", "favordynmods", "memory_localevents"}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted hierarchy: `kind` is cgroup or cgroup2, `options` are what mounts the same one again."""

    kind: str
    folder: Path
    options: str


def hierarchies(mounts: str | None = None) -> tuple[Hierarchy, ...]:
    """What the machine has mounted, as /proc/self/mounts tells it."""
    lines = (line.split() for line in (mounts or Path("/proc/self/mounts").read_text()).splitlines())
    return tuple(Hierarchy(one[2], Path(one[1]), _options(one[2], one[3])) for one in lines if _is_one(one))


def make(group: str) -> None:
    """A group of this name in every hierarchy, ready for processes."""
    for one in hierarchies():
        if one.kind == "cgroup2" and one.folder == _ROOT:
            offered = (one.folder / "cgroup.controllers").read_text().split()
            (one.folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in offered))
        folder = one.folder / group
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if one.kind == "cgroup" and (folder / name).exists():
                (folder / name).write_text((one.folder / name).read_text())


def lines(group: str) -> str:
    """What boot.sh needs to know: kind, folder, options and the file to join, a line each."""
    return "".join(
        f"{one.kind} {one.folder} {one.options} {one.folder / group}/cgroup.procs\n" for one in hierarchies()
    )


def remove(group: str) -> None:
    """The group and all below it, children first; it empties a moment after its last process died."""
    for one in hierarchies():
        for _ in range(50):
            if _removed(one.folder / group):
                break
            time.sleep(0.05)


def _removed(top: Path) -> bool:
    folders = sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True) if top.is_dir() else []
    for folder in (*folders, top):
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def _is_one(fields: list[str]) -> bool:
    return fields[2] in {"cgroup", "cgroup2"} and Path(fields[1]).is_relative_to(_ROOT)


def _options(kind: str, given: str) -> str:
    words = [word for word in given.split(",") if word not in _NOT_CONTROLLERS | _V2_ONLY and "agent" not in word]
    if kind == "cgroup2" or not words:
        return "defaults"
    return ",".join(["none", *words] if words[0].startswith("name=") else words)
