"""The cards before and after, and the money: what the current release says of itself against the new one."""

from __future__ import annotations

import msgspec

from dreamc.artifact.release import ModeFacts, Release, read_release
from dreamc.provision.plan.types import CardChange, Month
from dreamc.provision.types import HostFacts


def current(facts: HostFacts) -> Release | None:
    """The release on the host as it describes itself; None where there is none or its release.json is damaged."""
    try:
        return read_release(facts.release_json) if facts.release_json else None
    except msgspec.DecodeError:
        return None


def mode_of(release: Release | None, mode: str) -> ModeFacts | None:
    """A mode of a release, None where either is not known."""
    return next((one for one in release.modes if one.mode == mode), None) if release else None


def cards(before: ModeFacts | None, after: ModeFacts | None, facts: HostFacts) -> tuple[CardChange, ...]:
    """Every card that either of them sizes. With nothing installed they were empty before."""
    known = before is not None or not facts.release
    old = {one.index: one for one in before.cards} if before else {}
    new = {one.index: one for one in after.cards} if after else {}
    found = []
    for index in sorted({*old, *new}):
        card = new.get(index) or old[index]
        was = (old[index].parts if index in old else ()) if known else None
        found.append(CardChange(index, card.name, card.total, was, new[index].parts if index in new else ()))
    return tuple(found)


def month(before: ModeFacts | None, after: ModeFacts | None, facts: HostFacts) -> Month:
    """Nothing is spent where nothing runs."""
    was = before.worst_month if before else 0.0
    known = before is not None or not facts.release
    return Month(was, after.worst_month if after else 0.0, known, *_expected(before, after, known))


def _expected(before: ModeFacts | None, after: ModeFacts | None, known: bool) -> tuple[float | None, float | None]:
    """None on both sides where neither release states its traffic."""
    was, will = before.expected_month if before else None, after.expected_month if after else None
    if was is None and will is None:
        return None, None
    return 0.0 if before is None and known else was, 0.0 if after is None else will
