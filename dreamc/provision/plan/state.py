"""What of a host a plan depends on, as one short text; and why a saved plan no longer holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from dreamc.provision.plan.types import HostPlan, Plan
from dreamc.provision.types import HostFacts

WORDS = {
    "release": "another release or mode is current",
    "files": "files of the current release were edited",
    "containers": "containers were changed",
    "secrets": ".env was changed",
    "hardware": "GPUs, driver, Docker or compose are others",
    "data": "what the containers write to is elsewhere",
}


def state(facts: HostFacts) -> str:
    """`subject:digest` six times. What changes by itself (clock, free disk, uptime, the lock) is not in it."""
    containers = [
        (one.service, one.name, one.state == "running", one.health == "unhealthy", one.image_id, one.definition)
        for one in facts.containers
    ]
    gpus = [(one.index, one.name, one.memory, one.capability, one.driver, one.mig) for one in facts.gpus]
    subjects: tuple[tuple[str, object], ...] = (
        ("release", (facts.root, facts.release, facts.mode, facts.transaction)),
        ("files", facts.manifest),
        ("containers", containers),
        ("secrets", facts.env),
        ("hardware", (gpus, facts.engine, facts.engine_problem, facts.compose, facts.toolkit)),
        ("data", facts.mounts),
    )
    return " ".join(f"{name}:{_digest(value)}" for name, value in subjects)


def stale(saved: Plan, now: Plan) -> tuple[str, ...]:
    """Why `saved` must not be carried out, `now` being the plan for the same hosts made anew; empty when it holds."""
    found = []
    if saved.input_sha256 != now.input_sha256:
        found.append("dream.yaml, or a file that it names, was changed since the plan was made")
    if saved.version != now.version:
        found.append(f"it was written by another dreamc: version {saved.version}, not {now.version}")
    fresh = {one.host: one for one in now.hosts}
    for one in saved.hosts:
        if one.host in fresh:
            found += [f"{one.host}: {why}" for why in _differences(one, fresh[one.host])]
        else:
            found.append(f"{one.host}: it is not among the hosts any more")
    planned = {one.host for one in saved.hosts}
    return (*found, *(f"{host}: the plan knows nothing of it" for host in fresh if host not in planned))


def _differences(saved: HostPlan, now: HostPlan) -> Iterator[str]:
    if saved.target != now.target:
        yield f"the plan is for release {saved.target.release or 'none'} in {saved.target.mode} mode"
    old, new = _subjects(saved.state), _subjects(now.state)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield WORDS.get(name, f"{name} changed")
    if not saved.blockers:
        yield from (f"now in the way: {one.what}" for one in now.blockers)


def _subjects(text: str) -> dict[str, str]:
    return dict(part.partition(":")[::2] for part in text.split())


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:12]
