"""What a platform has to run, in words that compose, systemd and Kubernetes can all be told in."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Condition = Literal["started", "healthy"]
Network = Literal["inner", "edge", "sealed", "uplink"]


class SecretUse(Struct, frozen=True):
    """Environment variable `name` in the container takes the value of `variable`, which the host keeps."""

    name: str
    variable: str


class Publish(Struct, frozen=True):
    """A port that the host listens on at `bind`."""

    bind: str
    host_port: int
    port: int


class Mount(Struct, frozen=True):
    """A bind mount. `source` begins with `./` (a file of the bundle) or is absolute (data of the host)."""

    source: str
    target: str
    read_only: bool = False

    @property
    def config(self) -> bool:
        """Whether it brings files of the bundle."""
        return self.source.startswith("./")


class Health(Struct, frozen=True):
    """A check inside the container that spends no money. `test` is an argv; times in seconds."""

    test: tuple[str, ...]
    interval: int
    timeout: int
    retries: int
    start_period: int


class DependsOn(Struct, frozen=True):
    """Start after `service` has started, or answers its health check."""

    service: str
    condition: Condition


class Directory(Struct, frozen=True):
    """A directory that must exist on the host before the first start, with its owner."""

    path: str
    uid: int
    gid: int
    mode: str


class Workload(Struct, frozen=True):
    """One container of one host in one mode.

    `memory` and `shm` in bytes, `stop_grace` in seconds. `gpus` are device indexes. `entrypoint` or `user` empty: the
    image's own. `cap_add` is what stays after all capabilities are dropped. `aliases` are further
    names on the inner network. `prepare` is an argv to run in
    the container once while online, to fetch what it needs in local mode. `serves_models`: it answers from weights.
    `passed` are variables that the host's .env may set, and that are empty where it does not.
    """

    service: str
    host: str
    title: str
    image: str
    memory: int
    health: Health | None
    networks: tuple[Network, ...]
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    passed: tuple[str, ...] = ()
    publish: tuple[Publish, ...] = ()
    mounts: tuple[Mount, ...] = ()
    directories: tuple[Directory, ...] = ()
    gpus: tuple[int, ...] = ()
    depends_on: tuple[DependsOn, ...] = ()
    aliases: tuple[str, ...] = ()
    user: str = ""
    read_only: bool = False
    tmpfs: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    shm: int | None = None
    stop_grace: int = 30
    prepare: tuple[str, ...] = ()
    serves_models: bool = False

    @property
    def leaves(self) -> bool:
        """Whether it stands on a network that leads out of the project."""
        return any(network in ("edge", "uplink") for network in self.networks)
