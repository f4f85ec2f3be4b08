"""What is told while hosts are worked on, and how it ended: data for a live table, for plain lines, for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Phase = Literal[
    "connect",
    "facts",
    "lock",
    "images",
    "weights",
    "upload",
    "secrets",
    "stop",
    "switch",
    "start",
    "gate",
    "back",
    "unit",
    "done",
]
DONE, NOTHING_CHANGED, ROLLED_BACK, STUCK, LOCKED = 0, 1, 3, 4, 5


class Event(Struct, frozen=True):
    """One thing that happened on a host. With `total` it is progress in bytes."""

    host: str
    phase: Phase
    text: str
    done: int = 0
    total: int = 0
    warning: bool = False


class Outcome(Struct, frozen=True):
    """How a host ended: an exit code as the conventions name them, what happened, the state it is in, what to do."""

    host: str
    code: int
    what: str
    state: str = ""
    remedy: str = ""
    release: str = ""
    mode: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the host is not as it was to be."""
        return self.code != DONE


Tell = Callable[[Event], None]
