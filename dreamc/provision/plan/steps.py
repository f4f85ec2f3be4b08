"""The plan as a list of steps in words, in the order in which an apply takes them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from dreamc.provision.plan.types import Download, Given, SecretChange, ServiceChange
from dreamc.provision.types import HostFacts, Target


class Work(Struct, frozen=True):
    """What there is to do. `upload`: files to send, 0 where the release is there; `aliases`: how many are asked."""

    target: Target
    facts: HostFacts
    given: Given
    downloads: tuple[Download, ...]
    upload: int
    secrets: tuple[SecretChange, ...]
    services: tuple[ServiceChange, ...]
    aliases: int
    keep_data: int


def steps(work: Work) -> tuple[str, ...]:
    """Empty where nothing is to be done."""
    return tuple(_teardown(work) if not work.target.release else _steps(work))


def unit_wanted(facts: HostFacts, given: Given) -> bool:
    """Whether the systemd unit is missing and could be installed."""
    return given.unit and facts.systemd and not facts.unit and (facts.uid == 0 or given.become)


def _steps(work: Work) -> Iterator[str]:
    if work.facts.transaction:
        yield "put back the activation that was cut off"
    yield from _fetching(work.downloads, work.facts.release)
    if work.upload:
        yield f"upload release {work.target.release} ({work.upload} files)"
    new = [one.variable for one in work.secrets if one.change in ("new", "changed", "generated")]
    if new:
        yield f"write {', '.join(new)} to .env"
    moving = [one for one in work.services if one.action != "keep"]
    room = [one.name for one in moving if one.runs and one.gpus]
    if room:
        yield f"stop {', '.join(room)} to free VRAM"
    if work.facts.release != work.target.release:
        instead = f" instead of {work.facts.release}" if work.facts.release else ""
        yield f"make release {work.target.release} current{instead}"
    for action in ("remove", "recreate", "create", "start"):
        names = [one.name for one in moving if one.action == action]
        if names:
            yield f"{action} {', '.join(names)}"
    yield from _proof(work)
    if unit_wanted(work.facts, work.given):
        yield "install the systemd unit, so that the stack comes back after a power cut"


def _fetching(wanted: tuple[Download, ...], before: str) -> Iterator[str]:
    served = "while the old release serves" if before else "first"
    images = [one for one in wanted if one.kind == "image"]
    if images:
        yield f"pull {len(images)} image{'s' * (len(images) > 1)} {served}"
    models = [one.name for one in wanted if one.kind == "weights"]
    if models:
        yield f"fetch {', '.join(models)} {served}"


def _proof(work: Work) -> Iterator[str]:
    if work.services:
        yield "wait until every service is healthy"
    if work.aliases:
        which = f"each of {work.aliases} aliases" if work.aliases > 1 else "the alias"
        yield f"ask {which} through the gateway; without an answer go back to what was before"
    if work.facts.mode != work.target.mode:
        yield f"record {work.target.mode} mode"


def _teardown(work: Work) -> Iterator[str]:
    names = [one.name for one in work.services]
    if names:
        yield f"remove {', '.join(names)}"
    if work.facts.release:
        yield f"take release {work.facts.release} out of service"
    if work.facts.unit:
        yield "remove the systemd unit"
    kept = f" ({work.keep_data} directories)" if work.keep_data else ""
    yield f"keep all data below {work.facts.root}{kept}"
