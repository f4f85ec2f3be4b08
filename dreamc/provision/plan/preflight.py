"""What stands in the way of a release on this host, each with what to do about it; and what is worth knowing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from dreamc.artifact.release import Card, ModeFacts, Release
from dreamc.provision.plan.types import Data, DiskChange, Finding, Given
from dreamc.provision.types import Gpu, HostFacts

OLDEST_ENGINE = (20, 10)
"""The first engine whose compose plug-in and `deploy.resources.reservations.devices` the bundles need
(docs.docker.com/compose/how-tos/gpu-support)."""

TOLERANCE = 0.03
"""How far what nvidia-smi shows may lie above what CUDA shows: 0.3 to 2.9 % on the cards of the knowledge base."""

SKEW, SKEW_TLS = 60.0, 3600.0
"""Seconds that the host's clock may be off before logs mislead, and before certificates of clouds fail."""

SPARE = 2**30
"""Bytes that should stay free on a disk, for logs and the next release."""

EVERYWHERE = ("0.0.0.0", "::", "*", "127.0.0.1")  # noqa: S104 - compared, not bound
"""Addresses at which a listener is in the way of ours; at another one it may not be."""


class Case(Struct, frozen=True):
    """A release in a mode on a host. `old` is the current one; `disks` and `data` are what the plan found so far."""

    release: Release
    old: Release | None
    target: ModeFacts
    facts: HostFacts
    given: Given
    disks: tuple[DiskChange, ...]
    data: tuple[Data, ...]


def blockers(case: Case) -> Iterator[Finding]:
    """All of them, those that make others pointless first."""
    yield from locked(case.facts, case.given)
    if case.target.reason:
        what = f"{case.target.mode} mode was not compiled: {case.target.reason}"
        yield Finding("mode", what, "choose another mode, or change dream.yaml")
    yield from _identity(case)
    yield from engine(case.facts)
    yield from writable(case.facts, case.given)
    yield from _secrets(case)
    yield from _gpus(case)
    yield from _disks(case)
    yield from _ports(case)
    yield from _data(case)
    skew = _skew(case)
    if abs(skew) > SKEW_TLS and _asks_clouds(case):
        what = f"the host's clock is {_ahead(skew)}: certificates of the clouds will not be accepted"
        yield Finding("clock", what, "timedatectl set-ntp true, or set the clock")


def warnings(case: Case) -> Iterator[Finding]:
    """Nothing of this stops an apply."""
    yield from _cards(case)
    needs, skew = case.target.needs, _skew(case)
    if case.facts.ram and needs.ram > case.facts.ram:
        what = f"the services may take {_gib(needs.ram)} of memory, the host has {_gib(case.facts.ram)}"
        yield Finding("memory", what, "fewer models on this host, or smaller limits")
    if abs(skew) > SKEW and not (abs(skew) > SKEW_TLS and _asks_clouds(case)):
        yield Finding("clock", f"the host's clock is {_ahead(skew)}", "timedatectl set-ntp true")
    for disk in case.disks:
        if 0 <= disk.left < SPARE:
            yield Finding(
                "disk-low", f"{_gib(disk.left)} will be left on the disk of {disk.paths[0]}", "make room soon"
            )
        if not disk.sure:
            what = f"how much will be downloaded to {disk.paths[0]} is not known"
            yield Finding("size-unknown", what, "dreamc lock pins models and images with their sizes")
    yield from _owners(case)
    for address, port in _listeners(case):
        if address not in EVERYWHERE:
            yield Finding("port-near", f"something else listens on {address}:{port}", f"ss -ltnp 'sport = :{port}'")


def _identity(case: Case) -> Iterator[Finding]:
    """A machine that is another one's: a slip in the inventory, or a stack that was renamed and left containers."""
    old, new = case.old, case.release
    if old and old.stack != new.stack:
        what = f"{case.facts.root} holds the stack {old.stack}, this is {new.stack}"
        remedy = f"keep the name {old.stack}, or dreamc down it first (data stays), or give this one another root"
        yield Finding("other-stack", what, remedy)
    elif old and old.host != new.host:
        what = f"this machine runs the release of {old.host}, not of {new.host}"
        remedy = f"look at the address of {new.host} in the inventory; after a renaming dreamc down {old.host} first"
        yield Finding("other-host", what, remedy)


def locked(facts: HostFacts, given: Given) -> Iterator[Finding]:
    """Exit code 5: someone else is at work."""
    lock = facts.lock
    if lock is not None and not lock.stale and not given.steal and lock.token != (given.token or None):
        since = f" since {lock.since}" if lock.since else ""
        why = f": {lock.why}" if lock.why else ""
        yield Finding(
            "locked", f"{lock.who} holds the lock{since}{why}", "wait with --lock-timeout, or --steal-lock", 5
        )


def engine(facts: HostFacts) -> Iterator[Finding]:
    """Docker and its compose plug-in."""
    problem = facts.engine_problem
    if "permission denied" in problem.lower():
        remedy = f"sudo usermod -aG docker {facts.user or 'USER'} and log in again, or ansible_become: true"
        yield Finding("engine-permission", f"{facts.user or 'this user'} may not use Docker", remedy)
    elif problem == "Docker is not installed":
        yield Finding("engine-missing", problem, "https://docs.docker.com/engine/install/")
    elif problem:
        yield Finding(
            "engine-silent", f"Docker does not work: {problem}", "systemctl status docker; journalctl -u docker"
        )
    elif version(facts.engine) < OLDEST_ENGINE:
        what = f"Docker Engine {facts.engine} is older than 20.10"
        yield Finding("engine-old", what, "https://docs.docker.com/engine/install/")
    if not problem and version(facts.compose) < (2,):
        what = f"docker compose is version {facts.compose}" if facts.compose else "docker compose is not installed"
        yield Finding("compose-missing", f"{what}; version 2 or later is needed", "install docker-compose-plugin")


def writable(facts: HostFacts, given: Given) -> Iterator[Finding]:
    """The root can be made and written."""
    if not facts.writable and not given.become:
        what = f"{facts.user or 'this user'} cannot write to {facts.root}"
        remedy = f"sudo install -d -o {facts.user or 'USER'} {facts.root}, or ansible_become: true"
        yield Finding("root-not-writable", what, remedy)


def version(text: str) -> tuple[int, ...]:
    """The leading numbers: (20, 10, 24) of "20.10.24+dfsg1"; empty for what is no version."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _secrets(case: Case) -> Iterator[Finding]:
    references = {one.variable: one.reference for one in case.target.secrets}
    for variable, why in case.given.unresolved.items():
        if variable in references:
            what = f"{variable} has no value: {references[variable] or 'no reference'}: {why}"
            yield Finding("secret", case.given.mask(what), f"set it, or write {variable} to {case.facts.root}/.env")


def _gpus(case: Case) -> Iterator[Finding]:
    needs, facts = case.target.needs, case.facts
    if not needs.gpus:
        return
    if not facts.gpus:
        why = facts.gpu_problem or "nvidia-smi shows none"
        what = f"{needs.gpus} GPU{'s' * (needs.gpus > 1)} needed, none seen: {why}"
        yield Finding("gpu-none", what, "install the NVIDIA driver; nvidia-smi must list the cards")
        return
    if not facts.toolkit:
        what = "the NVIDIA Container Toolkit is not installed: containers cannot reach the GPUs"
        yield Finding(
            "toolkit", what, "install nvidia-container-toolkit; nvidia-ctk runtime configure --runtime=docker"
        )
    known = {gpu.index: gpu for gpu in facts.gpus}
    missing = [index for index in range(needs.gpus) if index not in known]
    if missing:
        what = f"{needs.gpus} GPUs needed, nvidia-smi shows {len(known)}: {', '.join(gpu.name for gpu in facts.gpus)}"
        yield Finding("gpu-count", what, "dreamc facts --write --host H writes what is there into dream.yaml")
    driver = facts.gpus[0].driver
    if needs.driver and driver and version(driver) < version(needs.driver):
        what = f"the driver {driver} is older than {needs.driver}, which CUDA {needs.cuda or 'of the images'} needs"
        yield Finding("driver", what, f"install driver {needs.driver} or later")
    for card in case.target.cards:
        if card.index in known:
            yield from _unfit(card, known[card.index], needs.capability)


def _unfit(card: Card, gpu: Gpu, capability: str) -> Iterator[Finding]:
    label = f"GPU {gpu.index} is a {gpu.name}"
    remedy = "dreamc facts --write --host H writes what is there into dream.yaml; then compile again"
    if gpu.mig:
        yield Finding(
            "gpu-mig", f"{label} that is cut into MIG instances", f"nvidia-smi -i {gpu.index} -mig 0, as root"
        )
    if _small(card, gpu):
        what = f"{label} with {_gib(gpu.memory)}, the models were sized for a {card.name} with {_gib(card.total)}"
        yield Finding("gpu-memory", what, remedy)
    if gpu.capability and capability and version(gpu.capability) < version(capability):
        what = f"{label} of compute capability {gpu.capability}, the models need {capability}"
        yield Finding("gpu-capability", what, remedy)


def _small(card: Card, gpu: Gpu) -> bool:
    return 0 < gpu.memory < card.total * (1 - TOLERANCE)


def _cards(case: Case) -> Iterator[Finding]:
    """A card that will do and is another one than the file says."""
    known = {gpu.index: gpu for gpu in case.facts.gpus}
    for card in case.target.cards:
        gpu = known.get(card.index)
        if gpu is None or _small(card, gpu):
            continue
        yield from _occupied(case, card, gpu)
        larger = gpu.memory > card.total * (1 + TOLERANCE)
        newer = bool(gpu.capability and card.capability) and version(gpu.capability) > version(card.capability)
        if larger or newer:
            seen = f"{gpu.name} with {_gib(gpu.memory)}" if gpu.memory else gpu.name
            what = f"GPU {gpu.index} is a {seen}, the file says {card.name} with {_gib(card.total)}"
            yield Finding("gpu-other", what, "dreamc facts --write --host H writes what is there into dream.yaml")


def _occupied(case: Case, card: Card, gpu: Gpu) -> Iterator[Finding]:
    """VRAM that others hold can be told only where none of our own containers is on the card."""
    ours = {service.name for mode in (case.old.modes if case.old else ()) for service in mode.services if service.gpus}
    running = any(one.service in ours and one.state == "running" for one in case.facts.containers)
    wanted = sum(part.size for part in card.parts)
    if not running and gpu.used and gpu.memory and gpu.used + wanted > gpu.memory:
        what = f"something holds {_gib(gpu.used)} of GPU {gpu.index}; with the models' {_gib(wanted)} it is too full"
        yield Finding("gpu-occupied", what, "nvidia-smi shows the processes")


def _disks(case: Case) -> Iterator[Finding]:
    for disk in case.disks:
        if disk.left < 0:
            what = f"the disk of {disk.paths[0]} has {_gib(disk.free)} free, the downloads may take {_gib(disk.takes)}"
            yield Finding("disk", what, "docker image prune; dreamc models gc; or a larger disk")


def _ports(case: Case) -> Iterator[Finding]:
    for address, port in _listeners(case):
        if address in EVERYWHERE:
            remedy = f"ss -ltnp 'sport = :{port}' or docker ps --filter publish={port} shows what it is"
            yield Finding("port", f"port {port} is taken by something that is not ours ({address})", remedy)


def _listeners(case: Case) -> Iterator[tuple[str, int]]:
    """Listeners of others on ports that the services will publish; whose they are, Docker alone can say."""
    if case.facts.engine_problem:
        return
    wanted = sorted({port for service in case.target.services for port in service.ports})
    ours = {one.rpartition(":")[2] for one in case.facts.published}
    for port in wanted:
        if str(port) not in ours:
            found = [one.rpartition(":")[0] for one in case.facts.ports if one.rpartition(":")[2] == str(port)]
            yield from ((address, port) for address in found[:1])


def _data(case: Case) -> Iterator[Finding]:
    for one in case.data:
        if one.lost_to and not case.given.allow_data_loss:
            remedy = "move the data first, or --allow-data-loss; it stays on the disk either way"
            yield Finding("data", f"{one.lost_to} would no longer see {one.path}: {one.what}", remedy)


def _owners(case: Case) -> Iterator[Finding]:
    there = dict(case.facts.directories)
    for one in case.release.directories:
        owner = there.get(one.path, "").partition(" ")[2]
        if owner and owner != f"{one.uid} {one.gid}":
            what = f"{one.path} belongs to {owner.replace(' ', ':')}, its service runs as {one.uid}:{one.gid}"
            yield Finding("owner", what, f"sudo chown -R {one.uid}:{one.gid} {one.path}")


def _skew(case: Case) -> float:
    return case.facts.clock - case.given.clock if case.given.clock is not None and case.facts.clock else 0.0


def _asks_clouds(case: Case) -> bool:
    return case.target.mode != "local"


def _ahead(skew: float) -> str:
    seconds = abs(round(skew))
    amount = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    return f"{amount} {'ahead' if skew > 0 else 'behind'}"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
