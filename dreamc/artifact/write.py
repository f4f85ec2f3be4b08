"""Writes bundles to an output directory, or compares them with it: old or new, never half, and nobody else's files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dreamc.artifact import commit as committing
from dreamc.artifact.changes import Changes, Conflicts, Difference, changes, conflicts, differences
from dreamc.artifact.disk import Entry, Output, scan
from dreamc.artifact.types import MANIFEST, Bundle
from dreamc.errors import DreamError


@dataclass(frozen=True, slots=True)
class Written:
    """Paths below the output directory: written anew, removed as stale, and others' entries that were kept."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def write(
    bundles: tuple[Bundle, ...], directory: Path, *, overwrite: bool = False, retire: bool = True
) -> Written | Conflicts:
    """Brings the directory to exactly these bundles; nothing is written when a conflict is returned.

    `overwrite` takes hand-edited files as read; `retire=False` leaves hosts alone that are not among the bundles.
    DreamError when the disk does not play along.
    """
    _require_manifests(bundles)
    root = Path(os.path.realpath(directory))
    with _disk(root):
        committing.sweep(root)
        output = scan(root, bundles)
        change = changes(bundles, output, retire)
        found = conflicts(bundles, output, change)
        found = tuple(conflict for conflict in found if conflict.final or not overwrite)
        if found:
            return Conflicts(found)
        if (change.put or change.remove) and not _swap(root, bundles, output, change):
            _patch(root, output, change)
        return _written(output, change)


def compare(bundles: tuple[Bundle, ...], directory: Path, *, retire: bool = True) -> tuple[Difference, ...]:
    """What `write` would change, without changing it; empty when the directory is as compiled."""
    _require_manifests(bundles)
    root = Path(os.path.realpath(directory))
    with _disk(root):
        output = scan(root, bundles)
        return differences(changes(bundles, output, retire), output)


def _swap(root: Path, bundles: tuple[Bundle, ...], output: Output, change: Changes) -> bool:
    """Replaces the whole directory in one step; False where that is not possible or would move others' files."""
    fresh = not root.exists()
    if not fresh and not _ours_alone(root, bundles, output, change):
        return False
    root.parent.mkdir(parents=True, exist_ok=True)
    with committing.staging(root.parent, root.name) as stage:
        committing.stage_files(stage, tuple((bundle.host, file) for bundle in bundles for file in bundle.artifacts))
        if fresh:
            os.rename(stage, root)
            committing.sync_directory(root.parent)
            return True
        stage.chmod(root.stat().st_mode & 0o7777)
        if not committing.exchange(stage, root):
            return False
        if scan(stage, bundles) != output:
            committing.exchange(stage, root)
            raise _changed_meanwhile(root)
    return True


def _ours_alone(root: Path, bundles: tuple[Bundle, ...], output: Output, change: Changes) -> bool:
    replaced = {bundle.host for bundle in bundles} | {host for host, _ in change.remove}
    foreign = output.foreign or any(host.foreign for host in output.hosts.values())
    movable = os.access(root.parent, os.W_OK | os.X_OK) and os.access(root, os.W_OK) and not os.path.ismount(root)
    return movable and not foreign and set(output.hosts) <= replaced and not _working_directory().is_relative_to(root)


def _working_directory() -> Path:
    """A shell that stands in the directory would be left in a deleted one, so the caller must know."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def _patch(root: Path, output: Output, change: Changes) -> None:
    """Replaces single files and leaves everything else where it is."""
    before = {
        f"{host}/{file.path}": output.hosts[host].entries.get(file.path, Entry("absent")) for host, file in change.put
    }
    remove = {f"{host}/{path}": output.hosts[host].entries[path] for host, path in change.remove}
    with committing.staging(root, "new") as stage:
        committing.stage_files(stage, change.put)
        committing.commit(stage, root, before, remove)


def _written(output: Output, change: Changes) -> Written:
    kept = [*output.foreign, *(f"{name}/{path}" for name, host in output.hosts.items() for path in host.foreign)]
    return Written(
        tuple(sorted(f"{host}/{file.path}" for host, file in change.put)),
        tuple(sorted(f"{host}/{path}" for host, path in change.remove)),
        tuple(sorted(kept)),
    )


def _require_manifests(bundles: tuple[Bundle, ...]) -> None:
    hosts = [bundle.host for bundle in bundles]
    if len(set(hosts)) != len(hosts):
        raise ValueError(f"two bundles for one host among {', '.join(sorted(hosts))}")
    for bundle in bundles:
        if all(artifact.path != MANIFEST for artifact in bundle.artifacts):
            raise ValueError(f"the bundle of {bundle.host} has no {MANIFEST}")


def _changed_meanwhile(root: Path) -> DreamError:
    return DreamError(
        what=f"files in {root} changed while the new ones were being written",
        state="the directory is as it was, with those changes",
        remedy="run the same command again",
    )


@contextmanager
def _disk(root: Path) -> Iterator[None]:
    """Turns errors of the file system into one that says what was left behind."""
    try:
        yield
    except OSError as error:
        raise DreamError(*_story(root, error)) from error


def _story(root: Path, error: OSError) -> tuple[str, str, str]:
    if isinstance(error, BlockingIOError):
        what, remedy = f"another dreamc is writing to {root}", "wait for it and run the same command again"
    else:
        place = error.filename if isinstance(error.filename, str) else str(root)
        what = f"{place}: {error.strerror}"
        remedy = f"make room or give yourself write permission in {root}, then repeat"
    journal = root / committing.JOURNAL
    if os.path.lexists(journal):
        return what, f"some files in {root} are new, the others wait in {journal}; the next compile finishes it", remedy
    return what, f"{root} was not changed", remedy
