"""What placement is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from dreamc.sizing.types import Refusal


class Slot(Struct, frozen=True):
    """One GPU of a host: name in the GPU table, CUDA-visible bytes, bytes reserved for the desktop."""

    gpu: str
    total: int
    reserve: int = 0

    @property
    def usable(self) -> int:
        """Bytes that models may take."""
        return self.total - self.reserve


class HostSlots(Struct, frozen=True):
    """A host and its GPUs, in index order."""

    name: str
    gpus: tuple[Slot, ...]
    nvlink: bool = False


Claim = Callable[[Slot], "int | Refusal"]


class Demand(Struct, frozen=True):
    """One model to place.

    ``claim`` answers the smallest bytes per GPU on such a card; ``wish`` the bytes wanted (None: same as claim).
    ``gpus`` is how many GPUs one replica spans. ``host`` and ``indices`` pin it. Lower ``priority`` goes first.
    """

    name: str
    engine: Literal["vllm", "ollama"]
    claim: Claim
    gpus: int = 1
    replicas: int = 1
    wish: Claim | None = None
    host: str | None = None
    indices: tuple[int, ...] | None = None
    priority: int = 0


class Remembered(Struct, frozen=True):
    """Where one replica stood when the placement was last written down."""

    name: str
    replica: int
    host: str
    gpus: tuple[int, ...]


class Assignment(Struct, frozen=True):
    """Where one replica stands. ``claim`` is bytes per GPU; entries of one ``exclusive_group`` take turns."""

    name: str
    replica: int
    host: str
    gpus: tuple[int, ...]
    claim: int
    reason: str
    exclusive_group: str | None = None


Searched = Literal["no", "found", "impossible", "limit"]
"""What the exact search did: nothing; it found this placement; it proved that none exists; it came to its limit."""


class Placement(Struct, frozen=True):
    """Everything that was placed, sorted by name and replica, and what was not."""

    assignments: tuple[Assignment, ...]
    refused: tuple[tuple[str, Refusal], ...]
    searched: Searched = "no"
