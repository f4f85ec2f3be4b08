"""Models to hosts and GPUs: deterministic, nothing moves unless it must, replicas apart, a reason for each choice.

Pinned models go first, then every replica that can stay where it stood, then the rest by priority, vLLM before Ollama,
the largest first, then by name. A replica takes idle GPUs on which all that it wishes for fits, else idle GPUs on which
its smallest claim fits, else GPUs that it shares, of which the largest part stays free; among equals the smallest card,
a host without another replica of it, and the first host. Ollama models that do not fit beside each other take turns on
one card, which Ollama itself arranges. Where that leaves a model without
room, or makes several move, an arrangement is searched for (`search`).
"""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.board import Board, Kind
from dreamc.sizing.draft import Draft, drafted, ordered
from dreamc.sizing.hold import Sizes
from dreamc.sizing.place_types import (
    Assignment,
    Claim,
    Demand,
    HostSlots,
    Placement,
    Remembered,
    Searched,
    Slot,
)
from dreamc.sizing.types import Refusal

__all__ = ["Assignment", "Claim", "Demand", "HostSlots", "Placement", "Remembered", "Searched", "Slot", "place"]


def place(
    demands: tuple[Demand, ...], hosts: tuple[HostSlots, ...], remembered: tuple[Remembered, ...] = ()
) -> Placement:
    """Assign every replica of every demand to GPUs of one host, or say what is missing.

    The order of ``demands`` does not matter; their names must differ, as must those of ``hosts``. Of ``remembered``
    only what names a replica of a demand counts, the first of each.
    """
    kinds = Board(hosts).kinds
    sizes = _sizes(demands, kinds)
    queue = ordered(demands, kinds, sizes)
    draft = drafted(queue, hosts, sizes, remembered)
    searched: Searched = "no"
    if draft.refused or len(draft.clashes) > 1:
        from dreamc.sizing.search import search

        draft, searched = search(queue, draft, remembered)
    return _placement(queue, draft, searched)


def _placement(demands: tuple[Demand, ...], draft: Draft, searched: Searched) -> Placement:
    ollama = {demand.name for demand in demands if demand.engine == "ollama"}
    return Placement(
        tuple(_grouped(one, draft.board) if key[0] in ollama else one for key, one in sorted(draft.done.items())),
        tuple(sorted(draft.refused.items(), key=lambda item: item[0])),
        searched,
    )


def _sizes(demands: tuple[Demand, ...], kinds: tuple[Kind, ...]) -> Sizes:
    """Every claim once per kind of card; cards that differ only in their link are asked once."""
    known: dict[tuple[Claim, Slot], int | Refusal] = {}
    sizes: Sizes = {}
    for demand in demands:
        for wish, claim in ((False, demand.claim), (True, demand.wish or demand.claim)):
            for kind in kinds:
                key = (claim, kind.slot)
                if key not in known:
                    known[key] = claim(kind.slot)
                sizes[demand.name, wish, kind] = known[key]
    return sizes


def _grouped(item: Assignment, board: Board) -> Assignment:
    """Ollama models of one server that take turns form one group."""
    seats = board.seats[board.index[item.host]]
    turning = any(item.gpus in seats[at].turns for at in item.gpus)
    return replace(item, exclusive_group=f"ollama@{item.host}:{'+'.join(map(str, item.gpus))}") if turning else item
