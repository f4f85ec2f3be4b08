"""What has to be brought to the host, and what is left on its disks afterwards."""

from __future__ import annotations

from posixpath import join

from dreamc.artifact.release import Image, ModeFacts, Release, Weights
from dreamc.provision.plan.services import plain, repository
from dreamc.provision.plan.types import DiskChange, Download
from dreamc.provision.types import Disk, HostFacts

UNPACKED = 3
"""What an image takes while it is pulled, in multiples of its compressed size: the layers as they come, and unpacked at
about twice that (vllm/vllm-openai and litellm on Docker Hub and GHCR; an estimate, on the safe side for most)."""


def downloads(release: Release, target: ModeFacts, facts: HostFacts) -> tuple[Download, ...]:
    """Images and models that are not there, in the order of the release."""
    images = [Download("image", one.name, one.size or None) for one in target.images if not image_there(one, facts)]
    weights = [_fetch(release, one, facts) for one in target.weights]
    return (*images, *(one for one in weights if one is not None))


def image_there(image: Image, facts: HostFacts) -> bool:
    """By name; where the lock pins a digest, that build. One without a digest was loaded from a verified archive."""
    images = dict(facts.images)
    name = plain(image.name)
    if not image.digest:
        return name in images
    if f"{repository(name)}@{image.digest}" in images:
        return True
    digests = {named for named in images if named.startswith(f"{name.split('@')[0]}@")}
    return name in images and not digests


def _fetch(release: Release, one: Weights, facts: HostFacts) -> Download | None:
    path = join(release.root, one.path)
    found = [(size, complete) for there, size, complete in facts.weights if there == path]
    have, complete = max(found, default=(0, False))
    if complete and have >= one.size:
        return None
    return Download("weights", one.name, one.size or None, min(have, one.size))


def disks(
    release: Release, target: ModeFacts, facts: HostFacts, wanted: tuple[Download, ...]
) -> tuple[DiskChange, ...]:
    """A row for each file system that something is downloaded to, or that holds the root."""
    places = [(facts.docker_root, one) for one in wanted if one.kind == "image"]
    stores = {one.name: join(release.root, one.store) for one in target.weights}
    places += [(stores[one.name], one) for one in wanted if one.kind == "weights"]
    by_device: dict[str, list[Disk]] = {}
    for disk in facts.disks:
        by_device.setdefault(disk.device or disk.path, []).append(disk)
    rows = [_row(found, [one for path, one in places if _on(path, found)]) for found in by_device.values()]
    return tuple(row for row in rows if row.takes or not row.sure or facts.root in row.paths)


def _on(path: str, disks: list[Disk]) -> bool:
    return any(disk.path == path for disk in disks)


def _row(found: list[Disk], wanted: list[Download]) -> DiskChange:
    free = min(disk.free for disk in found)
    takes = sum(((one.size or 0) - one.have) * (UNPACKED if one.kind == "image" else 1) for one in wanted)
    paths = tuple(dict.fromkeys(disk.path for disk in found))
    return DiskChange(paths, free, takes, free - takes, all(one.size is not None for one in wanted))
