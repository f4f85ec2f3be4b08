"""Part of a fleet as a linear program: the replicas to place on some hosts, around what stands there already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from dreamc.sizing.board import Board, Gpus, Kind
from dreamc.sizing.hold import Sizes, Spot, claim_on
from dreamc.sizing.place_types import Demand
from dreamc.sizing.program import Answer, Program, solved
from dreamc.sizing.types import MIB

Card = tuple[int, int]
"""Number of a host, and index of its GPU."""


class Task(Struct, frozen=True):
    """Replicas of one model: the numbers of those to place, where some of them stood, and hosts of the others."""

    demand: Demand
    replicas: tuple[int, ...]
    seats: tuple[tuple[int, Spot], ...]
    elsewhere: tuple[int, ...]


class Load(Struct, frozen=True):
    """A column that puts a model on a card: ``claim`` in MiB, rounded up; ``most`` is its bound."""

    column: int
    claim: int
    demand: Demand
    most: int

    @property
    def turns(self) -> bool:
        """Whether it may take turns."""
        return self.demand.engine == "ollama" and self.demand.gpus == 1


@dataclass(slots=True)
class Window:
    """The program under way. ``board`` holds what does not move; ``soft`` are the wishes by level."""

    board: Board
    sizes: Sizes
    hosts: tuple[int, ...]
    plain: bool
    program: Program = field(default_factory=Program)
    loads: dict[Card, list[Load]] = field(default_factory=dict)
    free: dict[tuple[str, int, Kind], list[tuple[int, int]]] = field(default_factory=dict)
    kept: dict[tuple[str, int], int] = field(default_factory=dict)
    soft: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


PLAIN = 2_000
"""Replicas times cards beyond which only moves are made few: further wishes would take seconds."""
EFFORT = 20_000_000
"""Branch-and-bound nodes of a program times the square of its replicas times cards: a node of a large one costs more,
and is rarely needed."""
LEVELS = ("moves", "turns", "apart", "links", "engines", "tenants", "cards")
"""What is made small, in this order: replicas that move, cards where Ollama models take turns, replicas beside their
like, models over several GPUs on unlinked ones, cards with both engines, tenants beyond the first, large cards."""


def arranged(
    tasks: tuple[Task, ...], board: Board, sizes: Sizes, hosts: tuple[int, ...]
) -> tuple[Answer, dict[tuple[str, int], Spot]]:
    """A place for every replica of the tasks on these hosts; exact to one MiB for each tenant of a card."""
    cards = [(host, at) for host in hosts for at in range(len(board.seats[host]))]
    extent = max(1, sum(len(task.replicas) for task in tasks) * len(cards))
    window = Window(board, sizes, hosts, extent > PLAIN, loads={card: [] for card in cards})
    window.program.nodes = max(1, EFFORT // extent**2)
    for task in tasks:
        _task(window, task)
    for card, loads in window.loads.items():
        if loads:
            _card(window, card, loads)
        if loads and not window.plain:
            _tenants(window, card, loads)
            _engines(window, card, loads)
    wishes = [tuple(terms) for level in LEVELS[1:] if (terms := window.soft.get(level))]
    window.program.objectives = [tuple(window.soft.get(LEVELS[0], ())), *(() if window.plain else wishes)]
    answer, values = solved(window.program)
    return answer, {key: spot for task in tasks for key, spot in _spots(window, task, values)} if values else {}


def _task(window: Window, task: Task) -> None:
    """All its replicas stand somewhere; those that stood somewhere may stay."""
    demand, program = task.demand, window.program
    counts: dict[int, list[tuple[int, int]]] = {host: [] for host in window.hosts}
    for replica, spot in task.seats:
        column = window.kept[demand.name, replica] = program.column(1)
        claim = claim_on(demand, window.board, window.sizes, spot)
        assert isinstance(claim, int)
        for at in spot[1]:
            window.loads[spot[0], at].append(Load(column, -(-claim // MIB), demand, 1))
        counts[spot[0]].append((column, 1))
        _soft(window, "moves", column, -1)
    for host in window.hosts if demand.host is None else {window.board.index[demand.host]} & counts.keys():
        for kind in dict.fromkeys(seat.kind for seat in window.board.seats[host]):
            counts[host] += _kind(window, task, host, kind)
    program.row([term for terms in counts.values() for term in terms], low=len(task.replicas), high=len(task.replicas))
    if demand.replicas > 1 and not window.plain:
        _apart(window, task, counts)


def _kind(window: Window, task: Task, host: int, kind: Kind) -> list[tuple[int, int]]:
    """Columns for the replicas on cards of one kind of a host; the terms whose sum is how many replicas those are."""
    demand, claim = task.demand, window.sizes[task.demand.name, False, kind]
    if not isinstance(claim, int):
        return []
    size, turns = max(1, -(-claim // MIB)), demand.engine == "ollama" and demand.gpus == 1
    copies = 1 if demand.engine == "ollama" else len(task.replicas)
    places = [at for at, seat in enumerate(window.board.seats[host]) if seat.kind == kind]
    most = {at: min(copies, _room(window, (host, at), turns=turns) // size) for at in places}
    columns = [(at, window.program.column(most[at])) for at in places if most[at] > 0]
    if len(columns) < demand.gpus:
        return []
    window.free[demand.name, host, kind] = columns
    for at, column in columns:
        window.loads[host, at].append(Load(column, size, demand, most[at]))
    if demand.gpus == 1:
        return [(column, 1) for _, column in columns]
    count = window.program.column(len(task.replicas))
    window.program.row([*((column, 1) for _, column in columns), (count, -demand.gpus)], low=0, high=0)
    for _, column in columns:
        window.program.row([(column, 1), (count, -1)], high=0)
    if not kind.nvlink and any(other.nvlink for other in window.board.kinds):
        _soft(window, "links", count, 1)
    return [(count, 1)]


def _apart(window: Window, task: Task, counts: dict[int, list[tuple[int, int]]]) -> None:
    for host, terms in counts.items():
        there = task.elsewhere.count(host)
        if terms and task.demand.host is None:
            more = window.program.column(task.demand.replicas, whole=False)
            window.program.row([*terms, (more, -1)], high=1 - min(1, there))
            _soft(window, "apart", more, 1)


def _room(window: Window, card: Card, *, turns: bool) -> int:
    """MiB that one more model may take at most beside what does not move."""
    seat, span = window.board.seats[card[0]][card[1]], (card[1],)
    return (seat.without(span) - (0 if turns else max(seat.ollama.get(span, [0])))) // MIB


def _card(window: Window, card: Card, loads: list[Load]) -> None:
    """What the card holds at the worst moment fits; Ollama models stand beside each other or take turns."""
    program, seat = window.program, window.board.seats[card[0]][card[1]]
    here = [-(-size // MIB) for size in seat.ollama.get((card[1],), [])]
    room = _room(window, card, turns=True)
    steady = [(load.column, load.claim) for load in loads if not load.turns]
    turning = [load for load in loads if load.turns]
    if len(turning) + len(here) < 2:
        program.row([*steady, *((load.column, load.claim) for load in turning)], high=room - sum(here))
    else:
        bulk = sum(load.claim for load in turning) + sum(here)
        largest = program.column(room, whole=False)
        program.row([(largest, 1)], low=max(here, default=0))
        for load in turning:
            program.row([(largest, 1), (load.column, -load.claim)], low=0)
        program.row([*steady, (largest, 1)], high=room)
        turns = program.column(1)
        beside = [*steady, *((load.column, load.claim) for load in turning), (turns, -bulk)]
        program.row(beside, high=room - sum(here))
        _soft(window, "turns", turns, 1)


def _tenants(window: Window, card: Card, loads: list[Load]) -> None:
    """How many share the card, and how large it is."""
    program, seat = window.program, window.board.seats[card[0]][card[1]]
    for load in loads:
        _soft(window, "cards", load.column, window.board.kinds.index(seat.kind))
    if len(loads) + len(seat.names) > 1:
        more = program.column(sum(load.most for load in loads) + len(seat.names), whole=False)
        program.row([*((load.column, 1) for load in loads), (more, -1)], high=1 - min(1, len(seat.names)))
        _soft(window, "tenants", more, 1)


def _engines(window: Window, card: Card, loads: list[Load]) -> None:
    """Whether models of both engines share the card: ``vllm`` is 1 where there is one of its models."""
    program, seat = window.program, window.board.seats[card[0]][card[1]]
    engines = {load.demand.engine for load in loads}
    if len(engines) < 2 and not (seat.steady and "ollama" in engines) and not (seat.ollama and "vllm" in engines):
        return
    vllm, both = program.column(1), program.column(1)
    program.row([(vllm, 1)], low=min(1, seat.steady))
    if seat.ollama:
        program.row([(vllm, 1), (both, -1)], high=0)
    for load in loads:
        if load.demand.engine == "vllm":
            program.row([(load.column, 1), (vllm, -load.most)], high=0)
        else:
            program.row([(load.column, 1), (vllm, 1), (both, -1)], high=1)
    _soft(window, "engines", both, 1)


def _soft(window: Window, level: str, column: int, factor: int) -> None:
    if factor:
        window.soft.setdefault(level, []).append((column, factor))


def _spots(window: Window, task: Task, values: tuple[int, ...]) -> Iterator[tuple[tuple[str, int], Spot]]:
    """Which replica stands where: those that stay, then the others over the cards that were chosen."""
    name, seats = task.demand.name, dict(task.seats)
    staying = {replica: spot for replica, spot in seats.items() if values[window.kept[name, replica]]}
    yield from (((name, replica), spot) for replica, spot in staying.items())
    places = [
        (host, span)
        for (owner, host, _), columns in window.free.items()
        if owner == name
        for span in _spans({at: values[column] for at, column in columns}, task.demand.gpus)
    ]
    others = (replica for replica in task.replicas if replica not in staying)
    yield from (((name, replica), spot) for replica, spot in zip(others, sorted(places), strict=True))


def _spans(uses: dict[int, int], width: int) -> Iterator[Gpus]:
    """How often each card is used, taken apart into replicas of ``width`` different cards."""
    while any(uses.values()):
        span = tuple(sorted(sorted(uses, key=lambda at: (-uses[at], at))[:width]))
        for at in span:
            uses[at] -= 1
        yield span
