"""What the policy decided for a request, carried along in its metadata so that every hop can hold to it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

from .policy import Decision
from .wishes import Checking

_KEY = "dream"
_HOLDS = "dream_holds"
_OWN = (_KEY, _HOLDS)
_PLACES = ("litellm_metadata", "metadata")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`members` may answer, in this order; those in `tried` did, and their answers were rejected.

    Answers are checked where `attempts_allowed` is above 0; escalation asks those in `reserve`, and `models` of them
    must agree where it is above 0. `part` says what a call of the gateway's own is for; such a call is not checked.
    What became of the request is noted as it goes on: in `failed` and `failed_status` what its client is told where
    nobody else may be asked, in `faults` each member that gave no good answer, with a status and what was wrong, in
    `barred` members that there was no money for, each with the reason, in `window` the largest window that was too
    small for it, `answered` where another member's answer took the place of the first,
    `settled` where the first is booked, `rejected` why a stream that came whole is not passed on, `called` the
    deployments that were asked, `erred` those whose failure is written down, `spent_usd` what was paid beside the
    answer that stands. `asked` is a digest of the question, where its answer may be kept.
    """

    alias: str
    tier: str | None
    group: str
    members: tuple[str, ...]
    action: str | None
    reason: str
    tried: tuple[str, ...] = ()
    reserve: tuple[str, ...] = ()
    attempts_allowed: int = 0
    models: int = 0
    max_cost_usd: float | None = None
    part: str = ""
    answered: str | None = None
    attempts: int = 1
    quality: float | None = None
    settled: bool = False
    failed: str = ""
    failed_status: int = 0
    faults: tuple[tuple[str, int, str], ...] = ()
    barred: tuple[tuple[str, str], ...] = ()
    window: int = 0
    score: float | None = None
    client: str = ""
    asked: str = ""
    called: tuple[str, ...] = ()
    erred: tuple[str, ...] = ()
    spent_usd: float = 0.0
    rejected: str = ""

    def without(self, member: str) -> Stamp:
        return replace(self, tried=(*self.tried, member))

    def admits(self, member: str) -> bool:
        return not self.failed and member in self.members and member not in self.tried


_NAMES = tuple(field.name for field in fields(Stamp))
_FIELDS = set(_NAMES)
_TOLD = ("tried", "called", "erred", "failed", "failed_status", "faults", "barred", "window")
_READ = (dict, Mapping)
"""Most are dicts, which are told at once; LiteLLM hands a read-only view to hooks that follow a failure."""
_UNCHECKED = Checking()
_LISTS = ("members", "tried", "reserve", "called", "erred", "faults", "barred")


def stamp_of(
    decision: Decision, action: str | None, checks: Checking = _UNCHECKED, client: str = "", asked: str = ""
) -> Stamp:
    return Stamp(
        alias=decision.alias,
        tier=decision.tier,
        group=decision.group,
        members=decision.members,
        action=action,
        reason="; ".join(decision.reasons),
        reserve=checks.reserve,
        attempts_allowed=checks.attempts,
        models=checks.models,
        max_cost_usd=checks.max_cost_usd,
        score=None if decision.score is None else decision.score.value,
        client=client,
        asked=asked,
    )


def note(kwargs: Mapping[str, object], **facts: object) -> None:
    """Notes in the request's own stamp what became of it."""
    found = _written(kwargs)
    if found is not None:
        found.update(facts)


def spend(kwargs: Mapping[str, object], usd: float) -> None:
    """Adds to what the request has cost beside the answer that stands."""
    found = _written(kwargs)
    if found is not None:
        found["spent_usd"] += usd


def spent(kwargs: Mapping[str, object]) -> float:
    """USD that the request has cost beside the answer that stands."""
    found = _written(kwargs)
    return 0.0 if found is None else float(found["spent_usd"])


def call(kwargs: Mapping[str, object], deployment: str) -> None:
    """Notes whom the request asks now. A bridged call asks twice for the same attempt."""
    found = _written(kwargs)
    if found is not None and deployment not in found["called"][-1:]:
        found["called"] = (*found["called"], deployment)


def bar(kwargs: Mapping[str, object], member: str, why: str) -> None:
    """Notes that there was no money for a member."""
    found = _written(kwargs)
    if found is not None:
        found["barred"] = (*found["barred"], (member, why))


def outgrown(kwargs: Mapping[str, object], window: int) -> None:
    """Notes that the prompt does not fit a window of so many tokens."""
    found = _written(kwargs)
    if found is not None:
        found["window"] = max(found["window"], window)


def tell(kwargs: Mapping[str, object], later: Mapping[str, object]) -> None:
    """Notes what became of a request where it was asked again under a stamp of its own."""
    found, told = _written(kwargs), _written(later)
    if found is not None and told is not None:
        found.update({name: told[name] for name in _TOLD})


def put(body: MutableMapping[str, object], stamp: Stamp) -> None:
    """Writes the stamp where LiteLLM keeps its own metadata, and removes any that the client sent."""
    scrub(body)
    place = next((name for name in _PLACES if isinstance(body.get(name), dict)), "metadata")
    metadata = body.get(place)
    written = {name: getattr(stamp, name) for name in _NAMES}
    body[place] = {**(metadata if isinstance(metadata, dict) else {}), _KEY: written, _HOLDS: {}}


def scrub(body: MutableMapping[str, object]) -> None:
    """Removes what looks like a stamp: before `put`, all of them come from the client."""
    for place in _PLACES:
        metadata = body.get(place)
        if isinstance(metadata, dict) and any(name in metadata for name in _OWN):
            body[place] = {name: value for name, value in metadata.items() if name not in _OWN}


def reject(kwargs: Mapping[str, object], member: str) -> None:
    """Notes in the request's own stamp that `member` was tried; LiteLLM hands one metadata on from hop to hop."""
    found = _written(kwargs)
    if found is not None:
        found["tried"] = (*found["tried"], member)


def blame(kwargs: Mapping[str, object], member: str, status: int, why: str) -> None:
    """Notes what was wrong with a member or its answer, and the status that this is to a client."""
    found = _written(kwargs)
    if found is not None:
        found["faults"] = (*found["faults"], (member, status, why))


def find(kwargs: Mapping[str, object] | None) -> Stamp | None:
    """The stamp of the request that a hook was called for; None when it did not come through the gateway's door."""
    found = _written(kwargs)
    if found is None:
        return None
    lists = {name: tuple(found[name]) for name in _LISTS}  # what goes through JSON comes back with lists
    return Stamp(**{**found, **lists})


def holds_of(kwargs: Mapping[str, object] | None) -> dict[str, str] | None:
    """Deployment to reservation, for each attempt of the request; whoever makes one writes it down there."""
    return _metadata(kwargs).get(_HOLDS)


def _written(kwargs: Mapping[str, object] | None) -> dict[str, Any] | None:
    """The stamp as it stands in the metadata."""
    return _metadata(kwargs).get(_KEY)


def _metadata(kwargs: Mapping[str, object] | None) -> Mapping[str, Any]:
    """The metadata that a stamp stands in; nothing for a request without one."""
    for holder in (kwargs, (kwargs or {}).get("litellm_params")):
        for place in _PLACES:
            metadata = holder.get(place) if isinstance(holder, _READ) else None
            found = metadata.get(_KEY) if isinstance(metadata, _READ) else None
            if isinstance(found, dict) and found.keys() == _FIELDS:
                return cast("Mapping[str, Any]", metadata)
    return {}
