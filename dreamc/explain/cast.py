"""Who is who: services, deployments and members of an emitted file as parts of the Stack."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from dreamc.diagnostics.types import Path
from dreamc.explain.types import Scene
from dreamc.stack.types import Card, Cloud, Extra, Instance, Local, Member, Mode, Provider
from dreamc.workloads.reach import Target, gateway_service, relay_targets

DOOR = "door-"
"""Beginning of the names of services that publish a port in local mode for another one."""

Kind = Literal["gateway", "vllm", "ollama", "extra", "relay", "door"]


class Role(Struct, frozen=True):
    """What a compose service is; `locals` are the models it serves, the first one sizes it. `behind` is what a door
    leads to."""

    kind: Kind
    locals: tuple[Local, ...] = ()
    instance: Instance | None = None
    extra: Extra | None = None
    target: Target | None = None
    number: int = 0
    behind: Role | None = None


def role(scene: Scene, host: str, service: str) -> Role | None:
    """The part of the Stack that a service of a host stands for."""
    stack = scene.stack
    for number in range(stack.gateway.replicas):
        if service == gateway_service(number):
            return Role("gateway", number=number)
    served = [(a, b) for a in stack.locals for b in a.instances if (b.host, b.service) == (host, service)]
    if served:
        first, instance = served[0]
        return Role(first.engine, tuple(local for local, _ in served), instance)
    extra = next((one for one in stack.services if (one.host, one.name) == (host, service)), None)
    if extra is not None:
        return Role("extra", extra=extra)
    target = next((one for one in relay_targets(stack, host) if one.service == service), None)
    if target is not None:
        return Role("relay", target=target)
    behind = role(scene, host, service.removeprefix(DOOR)) if service.startswith(DOOR) else None
    return Role("door", behind=behind) if behind else None


def member(scene: Scene, name: str) -> Member | None:
    """A model by the name that chains use."""
    return scene.stack.members().get(name)


def of_deployment(scene: Scene, info: object) -> Member | None:
    """The member that a deployment's model_info names."""
    return member(scene, str(info.get("dream_member"))) if isinstance(info, dict) else None


def account(scene: Scene, cloud: Cloud) -> Provider:
    """The provider of a cloud model."""
    return next(one for one in scene.stack.providers if one.name == cloud.provider)


def cards(scene: Scene, instance: Instance) -> tuple[Card, ...]:
    """The cards that a server stands on."""
    host = next(one for one in scene.stack.hosts if one.name == instance.host)
    return tuple(card for card in host.cards if card.index in instance.gpus)


def gpus_path(instance: Instance) -> Path:
    """Where the cards of a host are written."""
    return ("hardware", instance.host, "gpus")


def far_host(scene: Scene, target: Target) -> str:
    """The host that a relay leads to."""
    return next(one.name for one in scene.stack.hosts if one.address == target.address)


def source_path(one: Member) -> Path:
    """Where it says which model a member is."""
    return (*one.at, "source" if isinstance(one, Local) else "id")


def mode_of(path: str) -> Mode | None:
    """The mode whose file this is."""
    for mode, names in _MODES:
        if any(name in path for name in names):
            return mode
    return None


def alias_path(scene: Scene, alias: str) -> tuple[Path, ...]:
    """Where an alias or tier group is defined."""
    if alias.startswith("tier:"):
        return (("routing", "tiers"),)
    routes = scene.stack.modes[0].routes if scene.stack.modes else ()
    return tuple(route.at for route in routes if route.alias == alias.removeprefix("alias:"))


_MODES: tuple[tuple[Mode, tuple[str, ...]], ...] = (
    ("cloud", ("compose.cloud.", "litellm/cloud-")),
    ("local", ("compose.local.", "litellm/offline-")),
    ("hybrid", ("compose.hybrid.", "litellm/hybrid-")),
)
