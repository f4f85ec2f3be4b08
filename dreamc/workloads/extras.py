"""Services beside the models, as the service table describes them."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.knowledge.services import Health as HealthRow
from dreamc.knowledge.services import Service, service
from dreamc.sizing.types import GIB
from dreamc.stack.types import Extra, Mode, Stack
from dreamc.workloads.fill import environment, option, words
from dreamc.workloads.images import reference
from dreamc.workloads.paths import data
from dreamc.workloads.reach import gateway_service, outward
from dreamc.workloads.types import DependsOn, Directory, Health, Mount, Network, Publish, Workload


def on_host(stack: Stack, host: str, mode: Mode, names: tuple[str, ...]) -> tuple[Extra, ...]:
    """The services among `names` that run on a host in a mode, in the order of the file."""
    return tuple(extra for extra in _beside(stack, host, mode) if extra.name in names)


def row(extra: Extra) -> Service:
    """The table's row; KeyError for a service that it does not have."""
    found = service(extra.name)
    if found is None:
        raise KeyError(extra.name)
    return found


def workload(
    stack: Stack, extra: Extra, mode: Mode, *, bind: str = "127.0.0.1", files: tuple[Mount, ...] = ()
) -> Workload:
    """The container of one service; `bind` is where it is published, `files` are the bundle's that it reads."""
    table = row(extra)
    filled = environment(stack, extra, table, _environment(stack, extra, table, mode))
    folders = tuple(data(stack, volume.name) for volume in table.volumes)
    kept = (Mount(path, one.path, one.read_only) for path, one in zip(folders, table.volumes, strict=True))
    return Workload(
        service=extra.name,
        host=extra.host,
        title=table.title,
        image=reference(stack, table.image),
        entrypoint=table.entrypoint,
        command=words(stack, extra, table, table.command),
        environment=filled.environment,
        secrets=filled.secrets,
        publish=(Publish(bind, extra.port, table.port),) if extra.port else (),
        mounts=(*files, *configuration(extra.name, table), *kept),
        directories=tuple(
            Directory(folder, *_owner(table.user), one.mode) for folder, one in zip(folders, table.volumes, strict=True)
        ),
        networks=_networks(extra, table, mode),
        health=_health(table.health),
        memory=main_memory(extra),
        user=table.user,
        read_only=table.read_only,
        tmpfs=table.tmpfs,
        cap_add=table.cap_add,
        depends_on=_needs(stack, extra, table, mode),
        prepare=words(stack, extra, table, table.prepare),
    )


def configuration(name: str, table: Service) -> tuple[Mount, ...]:
    """Configuration files that the table gives the text of; they lie in the bundle as `config/SERVICE/FILE`."""
    paths = sorted(table.files)
    return tuple(Mount(f"./config/{name}/{path.rpartition('/')[2]}", path, read_only=True) for path in paths)


def _beside(stack: Stack, host: str, mode: Mode) -> Iterator[Extra]:
    return (extra for extra in stack.services if extra.host == host and mode in row(extra).modes)


def _environment(stack: Stack, extra: Extra, table: Service, mode: Mode) -> dict[str, str]:
    """Layers in the order that the table states."""
    values = dict(table.environment)
    others = [other for other in _beside(stack, extra.host, mode) if other.name != extra.name]
    for other in others:
        values |= table.environment_with.get(other.name, {})
    for other in others:
        theirs = row(other).environment_to.get(extra.name, {})
        filled = words(stack, other, row(other), theirs.values())
        values |= dict(zip(theirs, filled, strict=True))
    return values | (dict(table.environment_local) if mode == "local" else {})


def _owner(user: str) -> tuple[int, int]:
    """Who owns the data of a service; an image that names no user runs as root."""
    uid, _, gid = user.partition(":")
    return (int(uid), int(gid or uid)) if uid else (0, 0)


def _networks(extra: Extra, table: Service, mode: Mode) -> tuple[Network, ...]:
    if table.apart:
        return (outward(mode),)
    leaves = extra.port is not None or (table.egress and mode != "local")
    return ("inner", outward(mode)) if leaves else ("inner",)


def main_memory(extra: Extra) -> int:
    """Bytes of main memory that a service may take: the file's, else the table's."""
    if extra.memory is not None:
        return extra.memory
    table = row(extra)
    by_option = table.memory_by_option
    gib = by_option[option(extra, table, "model")] if by_option else table.memory_gib
    return int(gib * GIB)


def _needs(stack: Stack, extra: Extra, table: Service, mode: Mode) -> tuple[DependsOn, ...]:
    beside = {other.name for other in _beside(stack, extra.host, mode)}
    if extra.host in stack.gateway.hosts:
        beside.add("gateway")
    names = [name for name in table.needs if name in beside]
    return tuple(DependsOn(gateway_service(0) if name == "gateway" else name, "started") for name in names)


def _health(given: HealthRow) -> Health:
    return Health(("CMD", *given.test), given.interval, given.timeout, given.retries, given.start_period)
