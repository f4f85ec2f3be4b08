"""The host's journal: what was done to it, by whom and why, one JSON object a line."""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Entry(Struct, frozen=True):
    """One change of a host. `time` in UTC; `seconds` it took; `git` the revision of the infra repository."""

    time: str = ""
    action: str = ""
    outcome: str = ""
    release: str = ""
    mode: str = ""
    from_release: str = ""
    from_mode: str = ""
    who: str = ""
    why: str = ""
    git: str = ""
    seconds: float = 0
    message: str = ""


def entry(line: str) -> Entry | None:
    """The entry of a line; None for one that a full disk or a power cut has torn."""
    try:
        return msgspec.json.decode(line, type=Entry, strict=False)
    except msgspec.DecodeError:
        return None
