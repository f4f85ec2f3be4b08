"""What the policy decided for a request, carried along in its metadata so that every hop can hold to it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .policy import Decision

_KEY = "dream"
_PLACES = ("litellm_metadata", "metadata")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`members` may answer, in this order; those in `tried` did, and their answers were rejected."""

    alias: str
    tier: str | None
    group: str
    members: tuple[str, ...]
    action: str | None
    reason: str
    tried: tuple[str, ...] = ()

    def without(self, member: str) -> Stamp:
        return replace(self, tried=(*self.tried, member))

    def admits(self, member: str) -> bool:
        return member in self.members and member not in self.tried


_FIELDS = {field.name for field in fields(Stamp)}


def stamp_of(decision: Decision, action: str | None) -> Stamp:
    reason = "; ".join(decision.reasons)
    return Stamp(decision.alias, decision.tier, decision.group, decision.members, action, reason)


def put(body: MutableMapping[str, object], stamp: Stamp) -> None:
    """Writes the stamp where LiteLLM keeps its own metadata, and removes any that the client sent."""
    scrub(body)
    place = next((name for name in _PLACES if isinstance(body.get(name), dict)), "metadata")
    metadata = body.get(place)
    body[place] = {**(metadata if isinstance(metadata, dict) else {}), _KEY: asdict(stamp)}


def scrub(body: MutableMapping[str, object]) -> None:
    """Removes what looks like a stamp: before `put`, all of them come from the client."""
    for place in _PLACES:
        metadata = body.get(place)
        if isinstance(metadata, dict) and _KEY in metadata:
            body[place] = {name: value for name, value in metadata.items() if name != _KEY}


def reject(kwargs: Mapping[str, object], member: str) -> None:
    """Notes in the request's own stamp that `member` was tried; LiteLLM hands one metadata on from hop to hop."""
    found = _written(kwargs)
    if found is not None:
        found["tried"] = (*found["tried"], member)


def find(kwargs: Mapping[str, object] | None) -> Stamp | None:
    """The stamp of the request that a hook was called for; None when it did not come through the gateway's door."""
    found = _written(kwargs)
    return (
        None
        if found is None
        else Stamp(**{**found, "members": tuple(found["members"]), "tried": tuple(found["tried"])})
    )


def _written(kwargs: Mapping[str, object] | None) -> dict[str, Any] | None:
    """The stamp as it stands in the metadata."""
    for holder in (kwargs, (kwargs or {}).get("litellm_params")):
        for place in _PLACES:
            metadata = holder.get(place) if isinstance(holder, Mapping) else None
            found = metadata.get(_KEY) if isinstance(metadata, Mapping) else None
            if isinstance(found, dict) and found.keys() == _FIELDS:
                return found
    return None
