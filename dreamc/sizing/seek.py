"""Looks for room for one replica on a board, and books it."""

from __future__ import annotations

from collections.abc import Sequence

from dreamc.sizing.board import Among, Board, Kind
from dreamc.sizing.hold import Sizes, Spot, book, hold
from dreamc.sizing.place_types import Assignment, Demand
from dreamc.sizing.types import Refusal
from dreamc.sizing.units import gib

Found = tuple[Spot, int]
"""A place, and the smallest claim on each of its cards."""


def find(demand: Demand, replica: int, board: Board, sizes: Sizes, used: tuple[int, ...]) -> Assignment | Refusal:
    """Room for one replica, hosts in ``used`` last; what was found is booked."""
    wrong = _wrong(demand, board)
    if wrong:
        return wrong
    if demand.indices is not None:
        host = _host(demand, board)
        reason = f"pinned to {board.hosts[host].name} GPU {', '.join(map(str, demand.indices))}"
        return hold(demand, replica, board, sizes, (host, demand.indices), reason)
    for avoided in (used, ()) if used else ((),):
        hosts = _hosts(demand, board, avoided)
        for wish in (True, False):
            found = _idle(demand, board, sizes, hosts, wish=wish)
            if found:
                return _booked(demand, replica, board, found, used, wish=wish)
        found = _shared(demand, board, sizes, hosts)
        if found:
            return _booked(demand, replica, board, found, used, wish=False)
    return _by_turns(demand, replica, board, sizes) or _refusal(demand, board, sizes)


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


def _hosts(demand: Demand, board: Board, avoided: tuple[int, ...]) -> Sequence[int]:
    hosts = range(len(board.hosts)) if demand.host is None else (board.index[demand.host],)
    return tuple(host for host in hosts if host not in avoided) if avoided else hosts


def _kinds(demand: Demand, board: Board) -> tuple[Kind, ...]:
    """Small cards first; models that span GPUs look at linked ones first."""
    return tuple(sorted(board.kinds, key=lambda kind: not kind.nvlink)) if demand.gpus > 1 else board.kinds


def _idle(demand: Demand, board: Board, sizes: Sizes, hosts: Sequence[int], *, wish: bool) -> Found | None:
    """The smallest idle cards that hold it, on the first host that has them."""
    for kind in _kinds(demand, board):
        size, least = sizes[demand.name, wish, kind], sizes[demand.name, False, kind]
        if isinstance(size, int) and isinstance(least, int):
            host = _first(demand, board, kind, max(size, least), hosts)
            if host is not None:
                return (host, board.choose(host, kind, demand.gpus, "idle")), least
    return None


def _first(demand: Demand, board: Board, kind: Kind, need: int, hosts: Sequence[int]) -> int | None:
    if demand.host is not None:
        return next((host for host in hosts if board.room(host, kind, demand.gpus, "idle") >= need), None)
    found = board.first(kind, demand.gpus, need, 0)
    while found is not None and found not in hosts:
        found = board.first(kind, demand.gpus, need, found + 1)
    return found


def _shared(demand: Demand, board: Board, sizes: Sizes, hosts: Sequence[int]) -> Found | None:
    """Cards without models of the other engine where there are such, linked ones for a model that spans GPUs, and
    among these those of which the largest part stays free."""
    among: tuple[Among, ...] = (demand.engine, "any")
    for who in among if hosts else ():
        options: list[tuple[tuple[bool, int], Found]] = []
        for kind in board.kinds:
            claim = sizes[demand.name, False, kind]
            room, host = board.emptiest(kind, demand.gpus, who, hosts)
            if isinstance(claim, int) and room >= claim:
                rank = (demand.gpus > 1 and not kind.nvlink, -((room - claim) * 1000 // kind.usable))
                options.append((rank, ((host, board.choose(host, kind, demand.gpus, who)), claim)))
        if options:
            return min(options, key=lambda option: option[0])[1]
    return None


def _booked(
    demand: Demand, replica: int, board: Board, found: Found, used: tuple[int, ...], *, wish: bool
) -> Assignment:
    return book(demand, replica, board, *found, _reason(demand, board, found, used, wish=wish))


def _reason(demand: Demand, board: Board, found: Found, used: tuple[int, ...], *, wish: bool) -> str:
    (host, gpus), claim = found
    seats = board.seats[host]
    card = seats[gpus[0]].kind.slot.gpu
    tenants = sorted({name for at in gpus for name in seats[at].names})
    where = f"shares {card} with {', '.join(tenants)}" if tenants else f"{len(gpus)} idle {card}"
    what = "holds all that is wished for" if wish and demand.wish else f"holds the smallest claim of {gib(claim)}"
    if not used:
        return f"{where}: {what}"
    apart = "on another host than its other replicas" if host not in used else "no other host has room for this replica"
    return f"{where}: {what}; {apart}" if demand.host is None else f"{where}: {what}; on the host it is pinned to"


def _by_turns(demand: Demand, replica: int, board: Board, sizes: Sizes) -> Assignment | None:
    if demand.engine != "ollama" or demand.gpus != 1:
        return None
    for host in _hosts(demand, board, ()):
        for at, seat in enumerate(board.seats[host]):
            claim = sizes[demand.name, False, seat.kind]
            if isinstance(claim, int) and seat.ollama.get((at,)) and seat.free_by_turns((at,), claim) >= 0:
                reason = f"takes turns on {seat.kind.slot.gpu}: the card cannot hold it beside {', '.join(seat.names)}"
                return book(demand, replica, board, (host, (at,)), claim, reason, [(at,)])
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
        return board.room(board.index[demand.host], kind, demand.gpus, "any")
    return board.best(kind, demand.gpus)
