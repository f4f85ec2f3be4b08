"""What on a host is not as it was applied: files, containers, images, `.env`, mode, and what the gateway has loaded.

The measure is the release that is current on the host. That the file says something else by now is one difference more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename

from msgspec import Struct

from dreamc.artifact.release import ModeFacts, Release, Service
from dreamc.provision import journal
from dreamc.provision.deployments import Deployment, Loaded, divergences
from dreamc.provision.plan.services import plain, repository
from dreamc.provision.types import Container, HostFacts


class Difference(Struct, frozen=True):
    """One difference: a stable id, what it is, what to do."""

    id: str
    what: str
    remedy: str


class Known(Struct, frozen=True):
    """What facts are compared with. `release` is the current one as it describes itself, None where there is none;
    `compiled` the id that the file compiles to now, "" where the file does not name the host.

    `env`: the salted digest by variable of the values that can be had here. `wanted` are the deployments of the
    current mode, `loaded` what each of the gateway's containers has.
    """

    release: Release | None
    compiled: str = ""
    env: Mapping[str, str] = {}
    wanted: tuple[Deployment, ...] = ()
    loaded: tuple[Loaded, ...] = ()


def drift(facts: HostFacts, known: Known) -> tuple[Difference, ...]:
    """Every difference; none where the host is as it was left."""
    if not facts.release:
        remedy = f"dreamc apply --host {facts.host}"
        return (Difference("DRIFT-RELEASE", "nothing was applied to it yet", remedy),)
    found = [*_release(facts, known), *_files(facts)]
    mode = next((one for one in known.release.modes if one.mode == facts.mode), None) if known.release else None
    if known.release is None or mode is None:
        return (*found, *_unknown(facts, known))
    found += [*_mode(facts, known.release)]
    if facts.engine_problem:
        what = f"containers cannot be compared: {facts.engine_problem}"
        found.append(Difference("DRIFT-UNKNOWN", what, f"dreamc doctor --host {facts.host}"))
    else:
        found += [*_containers(facts, mode), *_images(facts, mode)]
    return (*found, *_env(facts, mode, known), *_deployments(facts, known))


def _release(facts: HostFacts, known: Known) -> Iterator[Difference]:
    if known.compiled and known.compiled != facts.release:
        what = f"release {facts.release} is current, the file compiles to {known.compiled}"
        yield Difference("DRIFT-RELEASE", what, f"dreamc plan --host {facts.host} shows what differs")


def _unknown(facts: HostFacts, known: Known) -> Iterator[Difference]:
    what = "no mode is recorded" if known.release else "the current release does not describe itself"
    yield Difference("DRIFT-UNKNOWN", what, f"dreamc apply --host {facts.host}")


def _files(facts: HostFacts) -> Iterator[Difference]:
    back = f"dreamc apply --host {facts.host} puts the release's own back; to keep the change, make it in dream.yaml"
    for path in facts.edited:
        yield Difference("DRIFT-FILE-EDITED", f"{path} was edited by hand, or is gone", back)
    away = f"dreamc apply --host {facts.host} takes it away; keep such files outside {facts.root}/releases"
    for path in facts.strangers:
        yield Difference("DRIFT-FILE-STRANGER", f"{path} does not belong to the release", away)


def _mode(facts: HostFacts, release: Release) -> Iterator[Difference]:
    """The mode file against the journal, and against the containers that run."""
    last = journal.entry(facts.journal)
    if last and last.outcome in ("done", "recovered") and last.mode and last.mode != facts.mode:
        what = f"{facts.mode} mode is recorded, but the last change ({last.action}) ended in {last.mode} mode"
        yield Difference("DRIFT-MODE", what, f"dreamc mode {last.mode} --host {facts.host}")
    running = {(one.service, one.definition) for one in facts.containers}
    modes: dict[str, set[tuple[str, str]]] = {
        one.mode: {(each.name, each.definition) for each in one.services} for one in release.modes
    }
    others = [name for name, wanted in modes.items() if name != facts.mode and wanted == running]
    if running and running != modes.get(facts.mode) and others:
        what = f"the containers are those of {others[0]} mode, recorded is {facts.mode}"
        yield Difference("DRIFT-MODE", what, f"dreamc mode {facts.mode} --host {facts.host}")


def _containers(facts: HostFacts, mode: ModeFacts) -> Iterator[Difference]:
    again = f"dreamc apply --host {facts.host}"
    last = journal.entry(facts.journal)
    if mode.services and not facts.containers and last and (last.action, last.outcome) == ("down", "done"):
        yield Difference("DRIFT-DOWN", f"it was stopped on purpose by {last.who or 'somebody'}", again)
        return
    there: dict[str, list[Container]] = {}
    for one in facts.containers:
        there.setdefault(one.service, []).append(one)
    for service in mode.services:
        yield from _service(service, there.get(service.name, []), again)
    for name in sorted(set(there) - {one.name for one in mode.services}):
        yield Difference("DRIFT-CONTAINER-EXTRA", f"{name} runs, but {mode.mode} mode has no such service", again)


def _service(service: Service, found: list[Container], again: str) -> Iterator[Difference]:
    name = service.name
    if not found:
        yield Difference("DRIFT-CONTAINER-MISSING", f"{name} has no container", again)
    elif len(found) > 1:
        yield Difference("DRIFT-CONTAINER-EXTRA", f"{name} has {len(found)} containers", again)
    for one in found[:1]:
        if one.definition != service.definition:
            what = f"{name} was made from another definition than the release's"
            yield Difference("DRIFT-CONTAINER-CHANGED", what, again)
        if one.state != "running":
            yield Difference("DRIFT-CONTAINER-STOPPED", f"{name} is {one.state}", again)


def _images(facts: HostFacts, mode: ModeFacts) -> Iterator[Difference]:
    """By the lock's digest, else by what the host has under the name now."""
    images, pins = dict(facts.images), {one.name: one.digest for one in mode.images}
    services = {one.name: one for one in mode.services}
    for one in facts.containers:
        service = services.get(one.service)
        if service is None or one.definition != service.definition:
            continue
        pin = pins.get(service.image, "")
        wanted = (pin and images.get(f"{repository(service.image)}@{pin}")) or images.get(plain(service.image))
        if wanted and one.image_id and wanted != one.image_id:
            locked = "locked" if pin else f"on the host as {service.image}"
            what = f"{one.service} runs image {one.image_id[7:19]}, {locked} is {wanted[7:19]}"
            yield Difference("DRIFT-IMAGE", what, f"dreamc apply --host {facts.host}")


def _env(facts: HostFacts, mode: ModeFacts, known: Known) -> Iterator[Difference]:
    there, again = dict(facts.env), f"dreamc apply --host {facts.host} writes it anew"
    for one in mode.secrets:
        if one.variable not in there:
            yield Difference("DRIFT-ENV-MISSING", f"{one.variable} is not in .env", again)
        elif known.env.get(one.variable, there[one.variable]) != there[one.variable]:
            what = f"{one.variable} in .env is not what {one.reference} gives here"
            yield Difference("DRIFT-ENV-CHANGED", what, again)


def _deployments(facts: HostFacts, known: Known) -> Iterator[Difference]:
    ids = {"missing": "DRIFT-MODEL-MISSING", "extra": "DRIFT-MODEL-EXTRA", "changed": "DRIFT-MODEL-CHANGED"}
    for gateway in known.loaded:
        if gateway.way == "none":
            what = f"what {basename(gateway.container)} has loaded could not be asked: {gateway.why}"
            yield Difference("DRIFT-UNKNOWN", what, f"dreamc doctor --host {facts.host}")
            continue
        again = f"restart it: docker restart {gateway.container}, on {facts.host}; or dreamc apply --host {facts.host}"
        for one in divergences(known.wanted, gateway.deployments):
            yield Difference(ids[one.kind], f"{gateway.container}: {one.what}", again)
