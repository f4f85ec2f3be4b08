"""Models to hosts and GPUs: deterministic, replicas apart, with a reason for each choice.

Pinned models go first, then by priority, vLLM before Ollama, the largest first, then by name. A replica takes idle
GPUs on which all that it wishes for fits, else idle GPUs on which its smallest claim fits, else GPUs that it shares;
among these the smallest card, a host without another replica of it, and the first host. Ollama models that do not fit
beside each other take turns on one card, which Ollama itself arranges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from dreamc.sizing.board import Board, Kind
from dreamc.sizing.place_types import Assignment, Claim, Demand, HostSlots, Placement, Slot
from dreamc.sizing.seek import Sizes, find
from dreamc.sizing.types import Refusal

__all__ = ["Assignment", "Claim", "Demand", "HostSlots", "Placement", "Slot", "place"]


def place(demands: tuple[Demand, ...], hosts: tuple[HostSlots, ...]) -> Placement:
    """Assign every replica of every demand to GPUs of one host, or say what is missing.

    The order of ``demands`` does not matter; their names must differ, as must those of ``hosts``.
    """
    board = Board(hosts)
    sizes = _sizes(demands, board.kinds)
    done: list[Assignment] = []
    refused: list[tuple[str, Refusal]] = []
    for demand in sorted(demands, key=lambda demand: _order(demand, board.kinds, sizes)):
        for found in _replicas(demand, board, sizes):
            if isinstance(found, Refusal):
                refused.append((demand.name, found))
            else:
                done.append(found)
    ollama = {demand.name for demand in demands if demand.engine == "ollama"}
    marked = (_grouped(item, board) if item.name in ollama else item for item in done)
    return Placement(
        tuple(sorted(marked, key=lambda item: (item.name, item.replica))),
        tuple(sorted(refused, key=lambda item: item[0])),
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


def _order(
    demand: Demand,
    kinds: tuple[Kind, ...],
    sizes: Mapping[tuple[str, bool, Kind], int | Refusal],
) -> tuple[bool, bool, int, bool, int, str]:
    claims = [size for kind in kinds if isinstance(size := sizes[demand.name, False, kind], int)]
    bulk = max(claims, default=0) * demand.gpus
    return (demand.indices is None, demand.host is None, demand.priority, demand.engine == "ollama", -bulk, demand.name)


def _replicas(demand: Demand, board: Board, sizes: Sizes) -> Iterator[Assignment | Refusal]:
    used: list[int] = []
    for replica in range(demand.replicas):
        found = find(demand, replica, board, sizes, tuple(used))
        yield found
        if isinstance(found, Refusal):
            return
        used.append(board.index[found.host])


def _grouped(item: Assignment, board: Board) -> Assignment:
    """Ollama models on a card where any take turns form one group."""
    seats = board.seats[board.index[item.host]]
    turning = [at for at in item.gpus if seats[at].turns]
    return replace(item, exclusive_group=f"ollama@{item.host}:{turning[0]}") if turning else item
