"""The nouns of the provisioner: how a host is reached, what is true there, and what is to be true.

Everything here is data: a plan is printed, saved, read back, and refused when the host has changed since.
Sizes in bytes, times in seconds.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dreamc.artifact.release import ModeName


class Address(Struct, frozen=True):
    """How to reach a host. Empty or None: what OpenSSH's own configuration says.

    `host` is what is given to ssh; `options` are further words for it, such as `-J` or `-o ProxyJump=…`. `become`: run
    as root through sudo.
    """

    name: str
    host: str
    transport: Literal["ssh", "fabric", "local"] = "ssh"
    user: str = ""
    port: int | None = None
    key: str = ""
    options: tuple[str, ...] = ()
    become: bool = False
    groups: tuple[str, ...] = ()


class Gpu(Struct, frozen=True):
    """A GPU as the driver shows it; `memory` is nvidia-smi's total, 0 where it is shared with the CPU and not told.

    `capability` is empty where an old driver does not know it. `mig`: the card is cut into instances. `used` counts
    what our own containers hold, too.
    """

    index: int
    name: str
    memory: int
    capability: str
    driver: str
    mig: bool = False
    used: int = 0


class Container(Struct, frozen=True):
    """A container of our project. `definition` is its label `dev.dreamc.service`; `image_id` begins with sha256:."""

    service: str
    name: str
    state: str
    health: str
    image: str
    image_id: str
    definition: str
    config_hash: str
    exit_code: int
    restarts: int
    started: str


class HeldLock(Struct, frozen=True):
    """Who holds the host, since when (UTC) and why. `stale`: its holder is known to be gone."""

    who: str
    since: str
    why: str
    token: str
    stale: bool


class Disk(Struct, frozen=True):
    """The file system that holds `path`; `device` is the same for paths on the same one."""

    path: str
    total: int
    free: int
    device: str = ""


class Mount(Struct, frozen=True):
    """Storage that a container writes to: a host directory (`bind`) or a Docker volume by its name."""

    service: str
    kind: Literal["bind", "volume"]
    source: str
    target: str


class HostFacts(Struct, frozen=True):
    """All that is known of a host, from one round trip. Nothing in it is secret.

    `release`, `mode`: what is current ("" when nothing is). `manifest`: sha256 by path of the current release's files
    as they are now, `release_json` its text. `env`: per variable in `.env` the salted sha256 of its value. `images`:
    name -> id of those present. `weights`: path -> (bytes, complete). `ports`: TCP ports listened on, as
    address:port, `published` those of our own containers. `clock` is the host's time in seconds since 1970.
    `directories`: path -> "mode uid gid" of those there. `manifest` is (path, mode, sha256); `edited` are files of the
    current release that are missing or not as its MANIFEST.json says, `strangers` those that it does not name.
    """

    host: str
    os: str
    kernel: str
    architecture: str
    user: str
    uid: int
    groups: tuple[str, ...]
    writable: bool
    clock: float
    ram: int
    disks: tuple[Disk, ...]
    engine: str
    engine_problem: str
    compose: str
    toolkit: bool
    systemd: bool
    unit: bool
    gpus: tuple[Gpu, ...]
    root: str
    release: str
    mode: str
    releases: tuple[str, ...]
    transaction: str
    lock: HeldLock | None
    release_json: str
    manifest: tuple[tuple[str, str, str], ...]
    strangers: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    containers: tuple[Container, ...]
    images: tuple[tuple[str, str], ...]
    weights: tuple[tuple[str, int, bool], ...]
    directories: tuple[tuple[str, str], ...]
    ports: tuple[str, ...]
    journal: str
    docker_root: str = ""
    gpu_problem: str = ""
    published: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()


class Target(Struct, frozen=True):
    """What is to be true: a release in a mode; release "" means nothing of ours (a tear-down that keeps data)."""

    host: str
    release: str
    mode: ModeName
