"""What a compile would change in an output directory, and what forbids it: pure comparison, nothing is written."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Literal

from dreamc.artifact.disk import Entry, HostOutput, Output
from dreamc.artifact.types import MANIFEST, Artifact, Bundle

Kind = Literal["added", "removed", "changed", "mode"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as a compile would leave it; `diff` is a unified diff from the disk to the compile."""

    path: str
    kind: Kind
    diff: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing a compile will not touch. `final`: not even with overwrite, because data of others is at stake."""

    path: str
    reason: str
    diff: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Why nothing was written."""

    items: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Files to put and files to remove, as (host, artifact) and (host, path); nothing else is touched."""

    put: tuple[tuple[str, Artifact], ...]
    remove: tuple[tuple[str, str], ...]


def changes(bundles: tuple[Bundle, ...], output: Output, retire: bool) -> Changes:
    """With `retire`, hosts of the same stack that are no longer compiled lose their generated files too."""
    put = [
        (bundle.host, artifact)
        for bundle in bundles
        for artifact in bundle.artifacts
        if not _same(output.hosts[bundle.host].entries.get(artifact.path, Entry("absent")), artifact)
    ]
    wanted = {bundle.host: {artifact.path for artifact in bundle.artifacts} for bundle in bundles}
    gone = retired(bundles, output) if retire else ()
    remove = [
        (name, path)
        for name, host in output.hosts.items()
        if name in wanted or name in gone
        for path, entry in host.entries.items()
        if entry.kind != "absent" and path not in wanted.get(name, set()) and host.recorded is not None
    ]
    return Changes(tuple(put), tuple(remove))


def retired(bundles: tuple[Bundle, ...], output: Output) -> tuple[str, ...]:
    """Hosts on disk that the same stack produced and does not produce any more."""
    wanted = {bundle.host for bundle in bundles}
    stacks = {_stack(bundle) for bundle in bundles}
    return tuple(
        name
        for name, host in output.hosts.items()
        if name not in wanted and host.recorded is not None and host.stack in stacks
    )


def conflicts(bundles: tuple[Bundle, ...], output: Output, change: Changes) -> tuple[Conflict, ...]:
    """Everything in the way of the change, sorted by path."""
    found = [conflict for bundle in bundles for conflict in _in_the_way(output.hosts[bundle.host])]
    strange = {conflict.path for conflict in found}
    for host, artifact in change.put:
        entry = output.hosts[host].entries.get(artifact.path, Entry("absent"))
        touched = _touched(f"{host}/{artifact.path}", entry, artifact.text, output.hosts[host])
        found += [conflict for conflict in touched if conflict.final or f"{host}/" not in strange]
    for host, path in change.remove:
        found += _touched(f"{host}/{path}", output.hosts[host].entries[path], "", output.hosts[host])
    return tuple(sorted(found, key=lambda conflict: conflict.path))


def differences(change: Changes, output: Output) -> tuple[Difference, ...]:
    """The change as `compile --check` shows it, sorted by path."""
    found = [_difference(host, artifact, output) for host, artifact in change.put]
    for host, path in change.remove:
        text = _text(output.hosts[host].entries[path])
        found.append(Difference(f"{host}/{path}", "removed", diff(f"{host}/{path}", text, "")))
    return tuple(sorted(found, key=lambda difference: difference.path))


def diff(path: str, before: str, after: str) -> str:
    """Unified diff, LF line ends, three lines of context; a missing last line end is marked as diff(1) does."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"on disk/{path}", f"compiled/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _difference(host: str, artifact: Artifact, output: Output) -> Difference:
    path = f"{host}/{artifact.path}"
    entry = output.hosts[host].entries.get(artifact.path, Entry("absent"))
    if entry.kind == "file" and entry.content == artifact.content:
        return Difference(path, "mode", f"{path}: mode should be {artifact.mode}\n")
    kind: Kind = "added" if entry.kind == "absent" else "changed"
    return Difference(path, kind, diff(path, _text(entry), artifact.text))


def _in_the_way(host: HostOutput) -> tuple[Conflict, ...]:
    if host.kind == "other":
        return (Conflict(host.host, "is a file or a symbolic link where the host's directory belongs", final=True),)
    present = any(entry.kind != "absent" for entry in host.entries.values()) or bool(host.foreign)
    if host.recorded is None and present:
        return (Conflict(f"{host.host}/", "holds files, but no MANIFEST.json of an earlier compile"),)
    return ()


def _touched(path: str, entry: Entry, text: str, host: HostOutput) -> tuple[Conflict, ...]:
    if entry.kind == "other":
        return (Conflict(path, "is a directory or a special file where a generated file belongs", final=True),)
    if entry.kind == "link":
        return (Conflict(path, "is or lies behind a symbolic link, which a compile never makes"),)
    if entry.kind == "absent" or entry.content == text.encode() or not entry.edited:
        return ()
    if path.endswith("/" + MANIFEST) and host.recorded is not None:
        return ()
    reason = "was edited by hand" if entry.recorded else "was not written by dreamc"
    return (Conflict(path, reason, diff(path, _text(entry), text)),)


def _same(entry: Entry, artifact: Artifact) -> bool:
    return entry.kind == "file" and entry.content == artifact.content and entry.executable == artifact.executable


def _lines(text: str) -> list[str]:
    """Lines by LF only; str.splitlines would also split at form feeds and U+2028."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], lines[-1][:-1]] if lines[-1] != "\n" else lines[:-1]


def _text(entry: Entry) -> str:
    return entry.content.decode(errors="replace")


def _stack(bundle: Bundle) -> str | None:
    texts = [artifact.text for artifact in bundle.artifacts if artifact.path == MANIFEST]
    value = json.loads(texts[0]).get("stack") if texts else None
    return str(value) if value is not None else None
