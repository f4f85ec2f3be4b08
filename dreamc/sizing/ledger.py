"""The ledger of one card: everything that stands on it, what is free, and what is missing."""

from __future__ import annotations

from msgspec import Struct

from dreamc.sizing.types import Confidence


class Card(Struct, frozen=True):
    """A card as CUDA reports it. ``total`` and ``reserve`` (desktop and other use) are bytes."""

    name: str
    total: int
    reserve: int = 0


class Entry(Struct, frozen=True):
    """One tenant. Entries of one ``exclusive_group`` take turns: only the largest counts."""

    name: str
    kind: str
    bytes: int
    exclusive_group: str | None = None
    confidence: Confidence = "modelled"


class Ledger(Struct, frozen=True):
    """A card and its tenants, in the order given."""

    card: Card
    entries: tuple[Entry, ...] = ()

    @property
    def used(self) -> int:
        """Bytes taken at the worst moment, the reserve included."""
        return self.card.reserve + sum(size for _, size in spans(self))

    @property
    def free(self) -> int:
        """Bytes left, never negative."""
        return max(0, self.card.total - self.used)

    @property
    def deficit(self) -> int:
        """Bytes that are missing; 0 when everything fits."""
        return max(0, self.used - self.card.total)


def spans(ledger: Ledger) -> tuple[tuple[str, int], ...]:
    """What each bar segment is called and its bytes: single entries, and each exclusive group at its largest member."""
    found: dict[str, tuple[str, int]] = {}
    for entry in ledger.entries:
        key = f"group {entry.exclusive_group}" if entry.exclusive_group else f"entry {entry.name}"
        name, size = found.get(key, ("", 0))
        found[key] = (" | ".join(part for part in (name, entry.name) if part), max(size, entry.bytes))
    return tuple(found.values())
