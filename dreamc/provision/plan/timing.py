"""For how long services can be away: from the limits that they have for stopping and starting."""

from __future__ import annotations

from dreamc.artifact.release import ModeFacts
from dreamc.provision.plan.types import Interruption, ServiceChange


def interruption(services: tuple[ServiceChange, ...], target: ModeFacts | None) -> Interruption:
    """Upper bounds. All stop at the same time, also those that go; they start one after another where one waits."""
    touched = {one.name: one for one in services if one.action != "keep"}
    after = {one.name: one.after for one in target.services} if target else {}
    stops = max((one.stop for one in touched.values() if one.runs), default=0)
    away = tuple(one.name for one in touched.values() if one.runs and one.action != "remove")

    def until(name: str, seen: tuple[str, ...] = ()) -> int:
        waits = [until(other, (*seen, name)) for other in after.get(name, ()) if other not in seen]
        change = touched.get(name)
        return max(waits, default=0) + (change.start if change and change.action != "remove" else 0)

    starts = max((until(name) for name in touched), default=0)
    back = max((until(name) for name in away), default=0)
    return Interruption(stops + back if away else 0, stops + starts if starts else 0, away)
