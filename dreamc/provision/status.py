"""How a host is now: release, mode, services with their health, gateway, GPUs; and what of it is not well."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from dreamc.provision import journal
from dreamc.provision.facts.gpus import GPUS
from dreamc.provision.journal import Entry
from dreamc.provision.operations import watch
from dreamc.provision.sections import sections
from dreamc.provision.session import Session
from dreamc.provision.types import Gpu


class ServiceState(Struct, frozen=True):
    """A service of the mode, or a container that no service of the mode wants. `state` is empty where there is none;
    `health` is empty where nothing checks it."""

    name: str
    state: str = ""
    health: str = ""
    wanted: bool = True

    @property
    def is_well(self) -> bool:
        """Whether it serves."""
        return self.state == "running" and self.health in ("", "healthy")


class GatewayState(Struct, frozen=True):
    """Whether the gateway of this host answers; None where none runs on it."""

    url: str = ""
    answers: bool | None = None
    text: str = ""


class LockState(Struct, frozen=True):
    """Who holds the host."""

    who: str = ""
    since: str = ""
    why: str = ""
    stale: bool = False


class Said(Struct, frozen=True):
    """What `dream status --json` of the host script prints."""

    stack: str = ""
    release: str | None = None
    mode: str | None = None
    down: bool = False
    lock: LockState | None = None
    transaction: dict[str, str] | None = None
    engine: str = ""
    services: tuple[ServiceState, ...] = ()
    gateway: GatewayState = GatewayState()


class HostStatus(Struct, frozen=True):
    """One host. `problems` is empty where everything that should serve does; `engine` says why Docker does not work.

    `down`: somebody stopped the stack on purpose.
    """

    host: str
    healthy: bool
    problems: tuple[str, ...]
    release: str
    mode: str
    down: bool
    lock: LockState | None
    transaction: dict[str, str] | None
    engine: str
    services: tuple[ServiceState, ...]
    gateway: GatewayState
    gpus: tuple[Gpu, ...]
    last: Entry | None


def ask(session: Session, root: str) -> HostStatus:
    """One round trip. DreamError where the host cannot be asked."""
    said = session.run(watch.status(root), timeout=90.0).out
    return read(said, session.address.name)


def read(text: str, host: str) -> HostStatus:
    """What the step printed. DreamError where it was cut short."""
    found = sections(text, host, "status")
    said = _said(found.get("status", ()))
    entries = [entry for line in found.get("journal", ()) if (entry := journal.entry(line))]
    gpus: tuple[Gpu, ...] = GPUS.parse(found.get("gpus", ()))["gpus"]
    problems = tuple(_problems(said)) if said else ("nothing was applied to it yet",)
    now = said or Said()
    return HostStatus(
        host=host,
        healthy=not problems,
        problems=problems,
        release=now.release or "",
        mode=now.mode or "",
        down=now.down,
        lock=now.lock,
        transaction=now.transaction,
        engine=now.engine,
        services=now.services,
        gateway=now.gateway,
        gpus=gpus,
        last=entries[-1] if entries else None,
    )


def _said(lines: tuple[str, ...]) -> Said | None:
    """None where the host has no current release, or one whose script does not say what it should."""
    for line in lines:
        try:
            return msgspec.json.decode(line, type=Said)
        except msgspec.DecodeError:
            continue
    return None


def _problems(said: Said) -> Iterator[str]:
    if said.engine:
        yield said.engine
    if said.transaction is not None and not (said.lock and not said.lock.stale):
        phase = said.transaction.get("phase", "")
        yield f"an activation was cut off{f' in phase {phase}' if phase else ''}"
    if said.mode is None:
        yield "no mode is recorded"
    if said.down:
        yield "it was stopped on purpose"
        return
    if not said.engine:
        wanted = (one for one in said.services if one.wanted)
        yield from (f"{one.name} is {_word(one)}" for one in wanted if not one.is_well)
        if said.gateway.answers is False:
            yield f"the gateway does not answer: {said.gateway.text}"


def _word(one: ServiceState) -> str:
    if not one.state:
        return "not there"
    return one.health if one.state == "running" else one.state
