"""The host script `dream`: what the template wants to know, taken from the Stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

import dreamc
from dreamc.artifact.types import Artifact
from dreamc.backends.compose import project_name
from dreamc.backends.header import header
from dreamc.backends.litellm.ids import deployment_ids, stand_in_ids
from dreamc.backends.render import render
from dreamc.stack.types import GATEWAY_KEY, MODES, Local, Member, Route, Stack
from dreamc.stack.types import Mode as ModeName
from dreamc.workloads import Plan, directories, plan
from dreamc.workloads.paths import hub_folder, ollama_manifest
from dreamc.workloads.reach import GATEWAY_PORT, gateway_service, serves
from dreamc.workloads.secrets import wanted
from dreamc.workloads.types import Directory, Workload

PATH = "dream"
SPARE = 60
"""Seconds on top of what the services may take, for Docker itself."""


class Weights(Struct, frozen=True):
    """Model files that must be there. `kind` is `hf` (a repository in the hub cache) or `file`."""

    kind: str
    name: str
    path: str


class Alias(Struct, frozen=True):
    """A name that clients may ask for; `kind` is `chat` or `embeddings`.

    `deployments` are the ids that may answer, in the order of the policy; `stand_ins` those of them whose answer means
    that an earlier one did not answer.
    """

    kind: str
    name: str
    deployments: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()


class Mode(Struct, frozen=True):
    """One mode on this host; `reason` says why it was not compiled and is empty when it was."""

    name: str
    reason: str
    services: tuple[str, ...] = ()
    gpu_services: tuple[str, ...] = ()
    gpus: int = 0
    secrets: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    images: tuple[str, ...] = ()
    weights: tuple[Weights, ...] = ()
    cloud: bool = False


class Group(Struct, frozen=True):
    """A short name for several services."""

    name: str
    services: tuple[str, ...]


class HostScript(Struct, frozen=True):
    """Everything the template reads, as its head describes it. `gateway` is empty on a host that runs none.

    `directories` must exist before the first start.
    """

    header: str
    version: str
    stack: str
    host: str
    project: str
    mode: str
    modes: tuple[Mode, ...]
    gateway: str
    gateway_port: int
    gateway_url: str
    key: str
    groups: tuple[Group, ...]
    start_timeout: int
    directories: tuple[Directory, ...]
    fallback: None = None


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """The script, executable."""
    return (Artifact(PATH, render("dream.sh.j2", host_script(stack, host)), executable=True),)


def host_script(stack: Stack, host: str) -> HostScript:
    """The template's context."""
    planned = plan(stack, host)
    found = tuple(_mode(stack, host, name, planned) for name in MODES)
    names = tuple(dict.fromkeys(service for mode in found for service in mode.services))
    return HostScript(
        header=header(stack),
        version=dreamc.__version__,
        stack=stack.name,
        host=host,
        project=project_name(stack),
        mode=stack.mode,
        modes=found,
        gateway=gateway_service(0) if host in stack.gateway.hosts else "",
        gateway_port=GATEWAY_PORT,
        gateway_url=published_url(stack, host),
        key=GATEWAY_KEY,
        groups=_groups(names),
        start_timeout=max(map(start_seconds, planned.values()), default=0) + SPARE,
        directories=directories(planned),
    )


def published_url(stack: Stack, host: str) -> str:
    """Where clients on this host find the gateway."""
    bind, port = stack.gateway.bind, stack.gateway.port
    if host not in stack.gateway.hosts:
        bind = next(known.address for known in stack.hosts if known.name == stack.gateway.hosts[0])
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - shown, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def start_seconds(found: tuple[Workload, ...]) -> int:
    """Longest time until all are healthy, those that wait for others included."""
    by_name = {workload.service: workload for workload in found}

    def until(workload: Workload) -> int:
        healthy = [by_name[one.service] for one in workload.depends_on if one.service in by_name]
        return max((until(other) for other in healthy), default=0) + patience(workload)

    return max((until(workload) for workload in found), default=0)


def patience(workload: Workload) -> int:
    """Longest time until a service counts as not healthy, in seconds; 0 where nothing checks it."""
    health = workload.health
    return health.start_period + health.interval * health.retries if health else 0


def _mode(stack: Stack, host: str, name: ModeName, planned: Plan) -> Mode:
    if name not in planned:
        why = next((skipped.reason for skipped in stack.skipped if skipped.mode == name), "not compiled")
        return Mode(name, " ".join(why.split()))
    found = planned[name]
    on_cards = tuple(workload for workload in found if workload.gpus)
    return Mode(
        name=name,
        reason="",
        services=tuple(workload.service for workload in found),
        gpu_services=tuple(workload.service for workload in on_cards),
        gpus=max((gpu + 1 for workload in on_cards for gpu in workload.gpus), default=0),
        secrets=tuple(secret.variable for secret in wanted(stack, name, found)),
        aliases=_aliases(stack, name) if host in stack.gateway.hosts else (),
        images=tuple(sorted({workload.image for workload in found})),
        weights=_weights(stack, host) if serves(stack, name) else (),
        cloud=name != "local",
    )


def _aliases(stack: Stack, mode: ModeName) -> tuple[Alias, ...]:
    routes = next(routes for routes in stack.modes if routes.mode == mode)
    members, ids, stand_ins = stack.members(), deployment_ids(stack, routes), stand_in_ids(stack, routes)
    return tuple(
        Alias(alias_kind(members, route), route.alias, ids[route.alias], stand_ins[route.alias])
        for route in routes.routes
    )


def alias_kind(members: Mapping[str, Member], route: Route) -> Literal["chat", "embeddings"]:
    """How an alias is asked: `embeddings` when its first member turns text into vectors."""
    return "embeddings" if members[route.members[0]].task == "embed" else "chat"


def _weights(stack: Stack, host: str) -> tuple[Weights, ...]:
    here = (local for local in stack.locals if any(one.host == host for one in local.instances))
    return tuple(dict.fromkeys(_files(stack, local) for local in here))


def _files(stack: Stack, local: Local) -> Weights:
    if local.engine == "ollama":
        return Weights("file", local.source, ollama_manifest(stack, local.source))
    return Weights("hf", local.source, hub_folder(stack, local.source))


def _groups(names: tuple[str, ...]) -> tuple[Group, ...]:
    """Short names for `dream logs`; a service's own name is known anyway."""
    families = (
        ("gateway", "litellm"),
        ("litellm", "litellm"),
        ("vllm", "vllm"),
        ("ollama", "ollama"),
        ("webui", "open-webui"),
    )
    found = [
        Group(short, tuple(name for name in names if name != short and (name == stem or name.startswith(f"{stem}-"))))
        for short, stem in families
    ]
    return tuple(group for group in found if group.services)
