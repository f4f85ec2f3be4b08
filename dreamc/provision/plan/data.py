"""Data that the new release would not use any more: never deleted, but lost to a service that sees none of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import join, normpath

from dreamc.artifact.release import ModeFacts, Release, Service
from dreamc.provision.plan.types import Data
from dreamc.provision.types import HostFacts, Mount

ANONYMOUS = re.compile(r"[0-9a-f]{64}")


def at_risk(
    release: Release | None,
    target: ModeFacts | None,
    old: Release | None,
    services: Mapping[str, Service],
    facts: HostFacts,
) -> tuple[Data, ...]:
    """By path. `services` are those of the current release in the current mode."""
    wanted = {one.name: one for one in target.services} if target else {}
    found: dict[tuple[str, str], Data] = {}
    for data in (*_moved(wanted, services, facts), *_volumes(wanted, facts), *_dropped(release, old, facts)):
        found.setdefault((data.path, ""), data)
    return tuple(found[key] for key in sorted(found))


def _moved(wanted: Mapping[str, Service], services: Mapping[str, Service], facts: HostFacts) -> Iterator[Data]:
    """Directories that a service writes now, by its container or by its release, and would not write any more."""
    for name, service in wanted.items():
        now = {_absolute(facts.root, path) for path in service.data}
        mounted = [one.source for one in facts.mounts if one.service == name and one.kind == "bind"]
        known = [_absolute(facts.root, path) for path in services[name].data] if name in services else []
        for path in dict.fromkeys((*mounted, *known)):
            if normpath(path) not in now and not _configuration(path, facts):
                instead = ", ".join(sorted(now)) or "none"
                yield Data(path, f"{name} writes to it now; it would use {instead}", name)


def _volumes(wanted: Mapping[str, Service], facts: HostFacts) -> Iterator[Data]:
    for one in facts.mounts:
        if one.kind == "volume":
            yield _volume(one, one.service in wanted)


def _volume(one: Mount, stays: bool) -> Data:
    """A volume without a name comes from the image itself; compose carries it over as long as the service is there."""
    named = ANONYMOUS.fullmatch(one.source) is None
    what = f"a Docker volume at {one.target} of {one.service}, which no release of ours makes"
    return Data(f"volume {one.source if named else one.source[:12]}", what, one.service if named and stays else "")


def _dropped(release: Release | None, old: Release | None, facts: HostFacts) -> Iterator[Data]:
    """Directories with data that the new release no longer names; all of them in a tear-down."""
    named = {_absolute(facts.root, one.path) for one in release.directories} if release else set()
    for one in old.directories if old else ():
        path = _absolute(facts.root, one.path)
        if one.keep and path not in named:
            yield Data(path, "kept on the disk, no longer used")


def _configuration(path: str, facts: HostFacts) -> bool:
    """Whether it lies inside a release, where nothing is kept."""
    return path.startswith((f"{facts.root}/releases/", f"{facts.root}/current/"))


def _absolute(root: str, path: str) -> str:
    return normpath(join(root, path))
