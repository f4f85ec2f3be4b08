"""The services around the models: what each container needs to run, be healthy and keep its data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from msgspec import Struct

from dreamc.knowledge.table import Row, table

_FILE = "services.yaml"


class Volume(Struct, frozen=True):
    """A folder of data: `name` below the data root, `path` in the container, `mode` of the folder on the host."""

    name: str
    path: str
    mode: str = "0750"
    read_only: bool = False


class Health(Struct, frozen=True):
    """A check that runs inside the container and spends no money. `test` is an argv; times in seconds."""

    test: tuple[str, ...]
    interval: int
    timeout: int
    retries: int
    start_period: int


class Service(Struct, frozen=True):
    """One service of `services:` in dream.yaml, as a container.

    Strings of `command`, `prepare` and the environments may hold placeholders, which the back end fills:
    {gateway_url} (http://gateway:4000/v1), {gateway_key} (the key for clients), {option:NAME} (a key of `options`,
    which holds the defaults), {secret:NAME} (a secret made once for the host, listed in `secrets`), {weights} (the
    entry of `weights` that the option `model` chooses), {domains} (the whitelist's, as a JSON list).

    Environments are laid over one another: `environment`; `environment_gpu` where a card is booked, with `image_gpu`;
    `environment_with[S]` for each service S beside it in that mode; `environment_to[this]` of those services (their own
    placeholders); last, in mode local, `environment_local`.

    `user` or `entrypoint` empty: the image's own. `publish`: may get a port on the host; the others stay on the
    bundle's network. `files`: configuration text by path in the container, mounted read-only. `prepare`: argv to run
    once inside the running container while online, to fetch weights or packages. `egress`: uses the Internet where the
    mode allows it. `needs`: gateway, or services. `memory_gib` is the limit; `memory_by_option` replaces it by the
    option `model`. `mcp_tools` are the only ones that the gateway offers of an MCP server, all where empty.
    `apart`: not on the bundle's inner network, where agents are; only its published port leads to it.
    """

    name: str
    title: str
    image: str
    image_gpu: str
    port: int
    host_port: int
    publish: bool
    user: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    volumes: tuple[Volume, ...]
    health: Health
    memory_gib: float
    memory_by_option: Mapping[str, float]
    modes: tuple[str, ...]
    gpu: Literal["none", "optional"]
    environment: Mapping[str, str]
    environment_gpu: Mapping[str, str]
    environment_local: Mapping[str, str]
    environment_with: Mapping[str, Mapping[str, str]]
    environment_to: Mapping[str, Mapping[str, str]]
    secrets: tuple[str, ...]
    needs: tuple[str, ...]
    options: Mapping[str, str]
    weights: Mapping[str, str]
    prepare: tuple[str, ...]
    files: Mapping[str, str]
    read_only: bool
    tmpfs: tuple[str, ...]
    cap_add: tuple[str, ...]
    egress: bool
    mcp_tools: tuple[str, ...]
    apart: bool
    note: str
    source: str
    checked: str


def service_names() -> tuple[str, ...]:
    """Names as written under `services:`, sorted."""
    return table(_FILE).keys()


@cache
def service(name: str) -> Service | None:
    """The service of that name; None if the table has none."""
    row = table(_FILE).row(name)
    return None if row is None else _service(name, row)


def usual_port(name: str) -> int | None:
    """The port of the host on which the service is published; None for one that is not."""
    found = service(name)
    return found.host_port if found and found.publish else None


def _service(name: str, row: Row) -> Service:
    return Service(
        name=name,
        title=row["title"],
        image=row["image"],
        image_gpu=row.get("image_gpu", ""),
        port=row["port"],
        host_port=row["host_port"],
        publish=row["publish"],
        user=row["user"],
        entrypoint=tuple(row.get("entrypoint", ())),
        command=tuple(row.get("command", ())),
        volumes=tuple(_volume(volume) for volume in row["volumes"]),
        health=_health(row["health"]),
        memory_gib=float(row["memory"]),
        memory_by_option={option: float(gib) for option, gib in row.get("memory_by_option", {}).items()},
        modes=tuple(row["modes"]),
        gpu=row["gpu"],
        environment=row.get("environment", {}),
        environment_gpu=row.get("environment_gpu", {}),
        environment_local=row.get("environment_local", {}),
        environment_with=row.get("environment_with", {}),
        environment_to=row.get("environment_to", {}),
        secrets=tuple(row.get("secrets", ())),
        needs=tuple(row.get("needs", ())),
        options=row.get("options", {}),
        weights=row.get("weights", {}),
        prepare=tuple(row.get("prepare", ())),
        files=row.get("files", {}),
        read_only=row.get("read_only", False),
        tmpfs=tuple(row.get("tmpfs", ())),
        cap_add=tuple(row.get("cap_add", ())),
        egress=row.get("egress", False),
        mcp_tools=tuple(row.get("mcp_tools", ())),
        apart=row.get("apart", False),
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )


def _volume(row: Row) -> Volume:
    return Volume(row["name"], row["path"], row.get("mode", "0750"), row.get("read_only", False))


def _health(row: Row) -> Health:
    return Health(tuple(row["test"]), row["interval"], row["timeout"], row["retries"], row["start_period"])
