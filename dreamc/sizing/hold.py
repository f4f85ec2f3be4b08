"""Puts a replica where it is to stand: where the file pins it, where it stood before, where the search wants it."""

from __future__ import annotations

from collections.abc import Iterable

from dreamc.sizing.board import Board, Gpus, Kind
from dreamc.sizing.place_types import Assignment, Demand, Remembered
from dreamc.sizing.types import Refusal
from dreamc.sizing.units import gib

Sizes = dict[tuple[str, bool, Kind], "int | Refusal"]
"""Bytes per GPU by model, whether all that is wished for is meant, and kind of card."""
Spot = tuple[int, Gpus]
"""Number of a host, and GPUs of it."""


def spelt(host: str, gpus: Gpus) -> str:
    """A place as the lock file and the summary write it: ``h200-b:0+1``."""
    return f"{host}:{'+'.join(map(str, gpus))}"


def book(
    demand: Demand, replica: int, board: Board, spot: Spot, claim: int, reason: str, turns: Iterable[Gpus] = ()
) -> Assignment:
    """Take the room, which is there."""
    host, gpus = spot
    board.take(host, gpus, claim, demand.name, ollama=demand.engine == "ollama", turns=turns)
    return Assignment(demand.name, replica, board.hosts[host].name, gpus, claim, reason)


def hold(demand: Demand, replica: int, board: Board, sizes: Sizes, spot: Spot, reason: str) -> Assignment | Refusal:
    """Book exactly these GPUs; where it does not fit otherwise, the Ollama models on them take turns."""
    claim = claim_on(demand, board, sizes, spot)
    if isinstance(claim, Refusal):
        return claim
    host, gpus = spot
    seats = [board.seats[host][at] for at in gpus]
    if all(seat.free >= claim for seat in seats):
        return book(demand, replica, board, spot, claim, reason)
    ollama = demand.engine == "ollama"
    if all(seat.least(gpus, claim, ollama=ollama) >= 0 for seat in seats):
        turns = {
            span for seat in seats for span, here in seat.ollama.items() if len(here) + (span == gpus) * ollama > 1
        }
        told = f"{reason}; takes turns there" if ollama and gpus in turns else reason
        return book(demand, replica, board, spot, claim, told, sorted(turns))
    tight = min(seats, key=lambda seat: seat.free)
    beside = f" beside {', '.join(sorted(set(tight.names)))}" if tight.names else ""
    room = f"needs {gib(claim)}, {gib(max(0, tight.free))} are free{beside}"
    return Refusal("memory", f"{reason}: {room}", claim - tight.free)


def claim_on(demand: Demand, board: Board, sizes: Sizes, spot: Spot) -> int | Refusal:
    """The smallest bytes per GPU there: those of the most demanding card."""
    host, gpus = spot
    claims = [sizes[demand.name, False, board.seats[host][at].kind] for at in gpus]
    refusal = next((claim for claim in claims if isinstance(claim, Refusal)), None)
    return refusal or max(claim for claim in claims if isinstance(claim, int))


def spot_of(seat: Remembered | Assignment, board: Board) -> Spot:
    """The place by number; its host must be there."""
    return board.index[seat.host], seat.gpus


def lost(demand: Demand, seat: Remembered, board: Board, sizes: Sizes) -> str:
    """Why a replica cannot stay where it stood, whoever else stands there; empty where it can."""
    if seat.host not in board.index:
        return "that host is gone"
    count = len(board.hosts[board.index[seat.host]].gpus)
    if any(not 0 <= at < count for at in seat.gpus):
        return f"{seat.host} has {_gpus(count)} now"
    if demand.host not in {None, seat.host}:
        return f"it is pinned to {demand.host}"
    if len(set(seat.gpus)) != demand.gpus:
        return f"a replica takes {_gpus(demand.gpus)} now"
    spot = spot_of(seat, board)
    claim = claim_on(demand, board, sizes, spot)
    if isinstance(claim, Refusal):
        return claim.reason
    usable = min(board.seats[spot[0]][at].kind.usable for at in seat.gpus)
    return f"it needs {gib(claim)} and may take {gib(usable)} there" if claim > usable else ""


def _gpus(count: int) -> str:
    return "1 GPU" if count == 1 else f"{count} GPUs"
