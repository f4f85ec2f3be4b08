"""Looks for room for one replica on a board, and books it."""

from __future__ import annotations

from dreamc.sizing.board import Board, Kind
from dreamc.sizing.place_types import Assignment, Demand
from dreamc.sizing.types import Refusal
from dreamc.sizing.units import gib

Sizes = dict[tuple[str, bool, Kind], "int | Refusal"]


def find(demand: Demand, replica: int, board: Board, sizes: Sizes, used: tuple[int, ...]) -> Assignment | Refusal:
    """Room for one replica, hosts in ``used`` last; what was found is booked."""
    wrong = _wrong(demand, board)
    if wrong:
        return wrong
    if demand.indices is not None:
        return _pinned(demand, replica, board, sizes)
    for avoided in (used, ()) if used else ((),):
        for idle, wish in ((True, True), (True, False), (False, False)):
            found = _search(demand, board, sizes, avoided, idle=idle, wish=wish)
            if found:
                return _book(demand, replica, board, found, _reason(demand, board, found, used, idle=idle, wish=wish))
    return _by_turns(demand, replica, board, sizes) or _refusal(demand, board, sizes)


Found = tuple[int, tuple[int, ...], int]


def _wrong(demand: Demand, board: Board) -> Refusal | None:
    if demand.host is not None and demand.host not in board.index:
        return Refusal("request", f"there is no host {demand.host}", options=tuple(board.index))
    if demand.indices is None:
        return None
    if demand.host is None and len(board.hosts) != 1:
        return Refusal("request", "GPU indices are pinned, but not the host they are on", options=tuple(board.index))
    host = board.hosts[_host(demand, board)]
    missing = [at for at in demand.indices if not 0 <= at < len(host.gpus)]
    return Refusal("request", f"{host.name} has no GPU {missing[0]}: it has {len(host.gpus)}") if missing else None


def _host(demand: Demand, board: Board) -> int:
    return board.index[demand.host] if demand.host is not None else 0


def _kinds(demand: Demand, board: Board) -> tuple[Kind, ...]:
    """Small cards first; models that span GPUs look at linked ones first."""
    return tuple(sorted(board.kinds, key=lambda kind: not kind.nvlink)) if demand.gpus > 1 else board.kinds


def _search(
    demand: Demand, board: Board, sizes: Sizes, avoided: tuple[int, ...], *, idle: bool, wish: bool
) -> Found | None:
    for kind in _kinds(demand, board):
        size, least = sizes[demand.name, wish, kind], sizes[demand.name, False, kind]
        if isinstance(size, Refusal) or isinstance(least, Refusal):
            continue
        host = _first(demand, board, kind, max(size, least), avoided, idle=idle)
        if host is not None:
            return host, board.choose(host, kind, demand.gpus, idle=idle), least
    return None


def _first(demand: Demand, board: Board, kind: Kind, need: int, avoided: tuple[int, ...], *, idle: bool) -> int | None:
    if demand.host is not None:
        host = board.index[demand.host]
        fits = host not in avoided and board.room(host, kind, demand.gpus, idle=idle) >= need
        return host if fits else None
    found = board.first(kind, demand.gpus, need, 0, idle=idle)
    while found is not None and found in avoided:
        found = board.first(kind, demand.gpus, need, found + 1, idle=idle)
    return found


def _book(demand: Demand, replica: int, board: Board, found: Found, reason: str, *, turns: bool = False) -> Assignment:
    host, gpus, claim = found
    board.take(host, gpus, claim, demand.name, ollama=demand.engine == "ollama", turns=turns)
    return Assignment(demand.name, replica, board.hosts[host].name, gpus, claim, reason)


def _reason(demand: Demand, board: Board, found: Found, used: tuple[int, ...], *, idle: bool, wish: bool) -> str:
    host, gpus, claim = found
    seats = board.seats[host]
    card = seats[gpus[0]].kind.slot.gpu
    tenants = sorted({name for at in gpus for name in seats[at].names})
    where = f"{len(gpus)} idle {card}" if idle else f"shares {card} with {', '.join(tenants)}"
    what = (
        "holds all that is wished for" if idle and wish and demand.wish else f"holds the smallest claim of {gib(claim)}"
    )
    if not used:
        return f"{where}: {what}"
    apart = "on another host than its other replicas" if host not in used else "no other host has room for this replica"
    return f"{where}: {what}; {apart}" if demand.host is None else f"{where}: {what}; on the host it is pinned to"


def _pinned(demand: Demand, replica: int, board: Board, sizes: Sizes) -> Assignment | Refusal:
    host, gpus = _host(demand, board), demand.indices or ()
    seats = [board.seats[host][at] for at in gpus]
    claims = [sizes[demand.name, False, seat.kind] for seat in seats]
    refusal = next((claim for claim in claims if isinstance(claim, Refusal)), None)
    if refusal:
        return refusal
    claim = max(claim for claim in claims if isinstance(claim, int))
    reason = f"pinned to {board.hosts[host].name} GPU {', '.join(map(str, gpus))}"
    if all(seat.free >= claim for seat in seats):
        return _book(demand, replica, board, (host, gpus, claim), reason)
    if demand.engine == "ollama" and all(seat.ollama and seat.free_by_turns(claim) >= 0 for seat in seats):
        return _book(demand, replica, board, (host, gpus, claim), f"{reason}; takes turns there", turns=True)
    tight = min(seats, key=lambda seat: seat.free)
    beside = f" beside {', '.join(sorted(set(tight.names)))}" if tight.names else ""
    return Refusal(
        "memory", f"{reason}: needs {gib(claim)}, {gib(max(0, tight.free))} are free{beside}", claim - tight.free
    )


def _by_turns(demand: Demand, replica: int, board: Board, sizes: Sizes) -> Assignment | None:
    if demand.engine != "ollama" or demand.gpus != 1:
        return None
    hosts = [board.index[demand.host]] if demand.host is not None else range(len(board.hosts))
    for host in hosts:
        for at, seat in enumerate(board.seats[host]):
            claim = sizes[demand.name, False, seat.kind]
            if isinstance(claim, int) and seat.ollama and seat.free_by_turns(claim) >= 0:
                reason = f"takes turns on {seat.kind.slot.gpu}: the card cannot hold it beside {', '.join(seat.names)}"
                return _book(demand, replica, board, (host, (at,), claim), reason, turns=True)
    return None


def _refusal(demand: Demand, board: Board, sizes: Sizes) -> Refusal:
    answers = [(kind, sizes[demand.name, False, kind]) for kind in board.kinds]
    rooms = [
        (size, room, kind.slot.gpu)
        for kind, size in answers
        if isinstance(size, int) and (room := _room(demand, board, kind)) >= 0
    ]
    if rooms:
        size, room, card = min(rooms, key=lambda item: (item[0] - item[1], item[2]))
        return Refusal(
            "memory",
            f"needs {gib(size)} {_of(demand.gpus, card)}; the most free in one host is {gib(room)}",
            size - room,
        )
    said = [size for _, size in answers if isinstance(size, Refusal)]
    if said and len(said) == len(answers):
        return min(said, key=lambda refusal: refusal.deficit)
    largest = max((len(host.gpus) for host in board.hosts), default=0)
    return Refusal("memory", f"needs {demand.gpus} GPUs of one kind in one host; the largest host has {largest}")


def _of(gpus: int, card: str) -> str:
    return f"of a {card}" if gpus == 1 else f"on each of {gpus} {card}"


def _room(demand: Demand, board: Board, kind: Kind) -> int:
    if demand.host is not None:
        return board.room(board.index[demand.host], kind, demand.gpus, idle=False)
    return board.best(kind, demand.gpus)
