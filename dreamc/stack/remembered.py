"""Where models stood when `dreamc lock` last wrote it down: the `placement:` of dream.lock.yaml, read and written.

placement:
  llama-70b: ["h200-b:0+1", "h200-b:2+3"]   # one entry per replica: host, and its GPUs
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dreamc.diagnostics.types import Diagnostic
from dreamc.sizing.hold import spelt
from dreamc.sizing.place import Remembered
from dreamc.spec.dream import Dream
from dreamc.stack.types import Stack

SEAT = re.compile(r"(?P<host>[^:]+):(?P<gpus>[0-9]{1,4}(\+[0-9]{1,4})*)")
AGAIN = "`dreamc lock --only placement` writes the placement anew"


def remembered(placement: Mapping[str, object]) -> tuple[Remembered, ...]:
    """Every entry that can be read; whether its host and GPUs are still there is for placement to say."""
    rows = ((name, number, text) for name, texts in placement.items() for number, text in enumerate(_list(texts)))
    seats = (_seat(name, number, text) for name, number, text in rows)
    return tuple(seat for seat in seats if seat is not None)


def unused(placement: Mapping[str, object], dream: Dream) -> Iterator[Diagnostic]:
    """A note for every entry that is not followed; the paths are those of the lock file."""
    for name, texts in placement.items():
        at = ("placement", name)
        if name not in dream.models:
            yield Diagnostic("DRM620", at, f"there is no model '{name}' to place", "not used", AGAIN, on_key=True)
        elif not isinstance(texts, list):
            yield Diagnostic("DRM620", at, f"the places of '{name}' are not a list", "not used", AGAIN)
        else:
            yield from _entries(name, texts, dream)


def placement_of(stack: Stack) -> dict[str, list[str]]:
    """What the lock file is to remember of this placement, sorted by model."""
    models = sorted(stack.locals, key=lambda one: one.name)
    return {one.name: [spelt(each.host, each.gpus) for each in one.instances] for one in models}


def _entries(name: str, texts: list[object], dream: Dream) -> Iterator[Diagnostic]:
    replicas = dream.models[name].replicas
    for number, text in enumerate(texts):
        seat = _seat(name, number, text)
        if seat is None:
            message = f"'{text}' is not a place such as 'h200-a:0+1'"
        elif seat.host not in dream.hardware:
            message = f"there is no host '{seat.host}'"
        elif number >= replicas:
            message = f"'{name}' has {replicas} replica{'' if replicas == 1 else 's'}"
        else:
            continue
        yield Diagnostic("DRM620", ("placement", name, number), message, "not used", AGAIN)


def _list(texts: object) -> list[object]:
    return texts if isinstance(texts, list) else []


def _seat(name: str, number: int, text: object) -> Remembered | None:
    found = SEAT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    return Remembered(name, number, found["host"], tuple(sorted({int(at) for at in found["gpus"].split("+")})))
