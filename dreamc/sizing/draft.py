"""A placement made in one pass: what is pinned, then what can stay where it stood, then everything else by size."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from dreamc.sizing.board import Board, Kind
from dreamc.sizing.hold import Sizes, hold, lost, spelt, spot_of
from dreamc.sizing.place_types import Assignment, Demand, HostSlots, Remembered
from dreamc.sizing.seek import find
from dreamc.sizing.types import Refusal

Key = tuple[str, int]
"""Model and number of the replica."""


@dataclass(slots=True)
class Draft:
    """A placement under way. ``seats`` are the places that can be kept as far as the replica alone is concerned,
    ``gone`` says why others cannot, and ``clashes`` are those that somebody else has taken."""

    asked: dict[str, Demand]
    board: Board
    sizes: Sizes
    seats: dict[Key, Remembered]
    gone: dict[Key, tuple[Remembered, str]]
    done: dict[Key, Assignment] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    clashes: dict[Key, str] = field(default_factory=dict)

    @property
    def kept(self) -> frozenset[Key]:
        """Replicas that stay where they stood."""
        return frozenset(self.seats) - frozenset(self.clashes)


def drafted(
    demands: tuple[Demand, ...], hosts: tuple[HostSlots, ...], sizes: Sizes, seats: tuple[Remembered, ...]
) -> Draft:
    """Everything in its order; ``demands`` come in that of `ordered`."""
    draft = _opened(demands, Board(hosts), sizes, seats)
    for demand in demands:
        if demand.indices is not None:
            _seek(demand, draft)
    for demand in demands:
        _stay(demand, draft)
    for demand in demands:
        if demand.indices is None:
            _seek(demand, draft)
    return draft


def ordered(demands: tuple[Demand, ...], kinds: tuple[Kind, ...], sizes: Sizes) -> tuple[Demand, ...]:
    """Pinned models first, then by priority, vLLM before Ollama, the largest first, then by name."""

    def order(demand: Demand) -> tuple[bool, bool, int, bool, int, str]:
        claims = [size for kind in kinds if isinstance(size := sizes[demand.name, False, kind], int)]
        bulk = max(claims, default=0) * demand.gpus
        loose = (demand.indices is None, demand.host is None)
        return (*loose, demand.priority, demand.engine == "ollama", -bulk, demand.name)

    return tuple(sorted(demands, key=order))


def _opened(demands: tuple[Demand, ...], board: Board, sizes: Sizes, seats: tuple[Remembered, ...]) -> Draft:
    draft = Draft({demand.name: demand for demand in demands}, board, sizes, {}, {})
    for seat in seats:
        demand = draft.asked.get(seat.name)
        if demand is None or seat.replica >= demand.replicas:
            continue
        key = (seat.name, seat.replica)
        why = lost(demand, seat, board, sizes) if demand.indices is None else "it is pinned to others"
        if why:
            draft.gone[key] = (seat, why)
        else:
            draft.seats[key] = seat
    return draft


def _stay(demand: Demand, draft: Draft) -> None:
    for replica in range(demand.replicas):
        seat = draft.seats.get((demand.name, replica))
        if seat is not None:
            reason = f"stays on {spelt(seat.host, seat.gpus)}"
            found = hold(demand, replica, draft.board, draft.sizes, spot_of(seat, draft.board), reason)
            if isinstance(found, Assignment):
                draft.done[demand.name, replica] = found
            else:
                draft.clashes[demand.name, replica] = "others need the room there"


def _seek(demand: Demand, draft: Draft) -> None:
    keys = [(demand.name, replica) for replica in range(demand.replicas)]
    used = [draft.board.index[draft.done[key].host] for key in keys if key in draft.done]
    for key in keys:
        if key in draft.done:
            continue
        found = find(demand, key[1], draft.board, draft.sizes, tuple(used))
        if isinstance(found, Refusal):
            draft.refused[demand.name] = found
            return
        draft.done[key] = moved(found, draft)
        used.append(draft.board.index[found.host])


def moved(found: Assignment, draft: Draft) -> Assignment:
    """The assignment; where the replica stood elsewhere before, its reason says so."""
    key = (found.name, found.replica)
    seat, why = draft.gone.get(key) or (draft.seats.get(key), draft.clashes.get(key, "all models fit only so"))
    if seat is None or (seat.host, seat.gpus) == (found.host, found.gpus):
        return found
    return replace(found, reason=f"moved from {spelt(seat.host, seat.gpus)} because {why}; {found.reason}")
