"""Asks a host all that its drift is found from: its facts, its gateway, the configuration of its current release."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from dreamc.artifact.release import Release, read_release, release_of
from dreamc.artifact.types import digest
from dreamc.provision.deployments import Deployment, Loaded, compiled, loaded
from dreamc.provision.drift import Difference, Known, drift
from dreamc.provision.edited import edited
from dreamc.provision.facts import texts
from dreamc.provision.operations import environment
from dreamc.provision.operations.deployed import deployed
from dreamc.provision.session import Session
from dreamc.provision.survey import Secrets, Wish, gather, salt
from dreamc.provision.types import Container, HostFacts


class Inside(Struct, frozen=True):
    """Where a gateway listens in its container, and where its configurations stand: in the container, and by mode in a
    release."""

    port: int
    config: str
    files: dict[str, str]


class Compared(Struct, frozen=True):
    """A host and its differences. `notes`: what could be compared only in part, and why."""

    facts: HostFacts
    release: Release | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()


def compare(session: Session, wish: Wish, secrets: Secrets, inside: Inside) -> Compared:
    """One round trip for the facts; one or two more on a host whose gateway runs, one where there is a whitelist."""
    facts = gather(session, wish, release_of(wish.bundle) if wish.bundle else None)
    release = described(facts)
    asked = _asked(session, facts, release, inside)
    known = Known(
        release=release,
        compiled=digest(wish.bundle) if wish.bundle else "",
        env=environment.digests(secrets.values, salt(wish)),
        wanted=_wanted(session, wish, facts, inside) if asked else (),
        loaded=asked,
    )
    notes = (*_notes(release, facts, secrets, asked), *(edited(session, wish) if release else ()))
    return Compared(facts, release, drift(facts, known), notes)


def described(facts: HostFacts) -> Release | None:
    """The current release as it describes itself; None where there is none or its release.json is damaged."""
    try:
        return read_release(facts.release_json) if facts.release_json else None
    except msgspec.DecodeError:
        return None


def gateways(facts: HostFacts, release: Release | None) -> tuple[Container, ...]:
    """The containers of the gateway, replicas included."""
    if release is None or not release.gateway:
        return ()
    first = next((one for one in facts.containers if one.service == release.gateway), None)
    replica = f"{release.gateway}-"
    return tuple(
        one
        for one in facts.containers
        if one is first or (first and one.image == first.image and one.service.startswith(replica))
    )


def _asked(session: Session, facts: HostFacts, release: Release | None, inside: Inside) -> tuple[Loaded, ...]:
    """A gateway that does not run is missed by its container already."""
    names = tuple(one.name for one in gateways(facts, release) if one.state == "running")
    if not names or not facts.mode:
        return ()
    answer = session.run(deployed(names, inside.port, inside.config), timeout=60.0 * len(names))
    found = loaded(answer.out)
    silent = tuple(Loaded(name, "none", (), "no answer") for name in names if name not in {x.container for x in found})
    return (*found, *silent)


def _wanted(session: Session, wish: Wish, facts: HostFacts, inside: Inside) -> tuple[Deployment, ...]:
    """From the bundle where it is the current release, else from the host; edits there are differences too."""
    path = inside.files[facts.mode]
    if wish.bundle is not None and digest(wish.bundle) == facts.release:
        return compiled(next((one.text for one in wish.bundle.artifacts if one.path == path), ""))
    return compiled(texts(session, wish.root, (path,)).get(path, ""))


def _notes(release: Release | None, facts: HostFacts, secrets: Secrets, asked: tuple[Loaded, ...]) -> Iterator[str]:
    for one in asked:
        if one.way == "file":
            yield f"{one.container} was compared by the configuration in its container: {one.why}"
    mode = next((one for one in release.modes if one.mode == facts.mode), None) if release else None
    unread = [one.variable for one in mode.secrets if one.variable in secrets.unresolved] if mode else []
    if unread:
        yield f"not compared, because their values cannot be had here: {', '.join(unread)}"
