"""Looks for an arrangement where placing one model after the other left some without room.

First what found none goes first, a few times over: that is quick, and keeps to the preferences of placement. Then an
exact search with HiGHS (https://highs.dev), on few hosts, then on more; what stands on others stays. Replicas that
stood somewhere before stay there as long as the others can give way; after that as few of them move as possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from dreamc.sizing.board import Board
from dreamc.sizing.draft import Draft, Key, drafted, moved
from dreamc.sizing.hold import Sizes, Spot, hold, spelt, spot_of
from dreamc.sizing.place_types import Assignment, Demand, Remembered, Searched
from dreamc.sizing.window import PLAIN, Task, arranged

ROUNDS = 16
"""Drafts with another order."""
WIDEST = 16_384
"""Replicas times cards of the largest program; beyond it the search gives up, for it would take minutes."""
Spots = dict[Key, Spot]


@dataclass(slots=True)
class Problem:
    """What is to be arranged: the models that can be placed at all. The replicas in ``fixed`` do not move."""

    demands: tuple[Demand, ...]
    draft: Draft
    fixed: frozenset[Key]
    spots: Spots

    @property
    def settled(self) -> bool:
        """Whether all that can keep its seat does."""
        return self.fixed >= self.draft.kept

    def moves(self, spots: Spots) -> int:
        """How many replicas leave a seat that they could keep, with these laid over what stands."""
        now = {**self.spots, **spots}
        seats = self.draft.seats.items()
        return sum(key in now and now[key] != spot_of(seat, self.draft.board) for key, seat in seats)


def search(demands: tuple[Demand, ...], draft: Draft, remembered: tuple[Remembered, ...]) -> tuple[Draft, Searched]:
    """A draft that holds all that can be placed at all, or the one given; and how the search went."""
    hopeless = {demand.name for demand in demands if _hopeless(demand, draft)}
    if not hopeless >= draft.refused.keys():
        again = _again(demands, draft, remembered)
        draft = again if hopeless >= again.refused.keys() else draft
    placed = hopeless >= draft.refused.keys()
    if placed and len(draft.clashes) < 2:
        return draft, "no"
    spots = {key: spot_of(one, draft.board) for key, one in draft.done.items()}
    bound = frozenset(key for key, spot in spots.items() if key[0] in hopeless or _bound(key, spot, draft))
    hopeful = tuple(demand for demand in demands if demand.name not in hopeless)
    answer: Searched = "impossible"
    for fixed in (bound,) if placed else dict.fromkeys((bound | draft.kept, bound)):
        problem = Problem(hopeful, draft, fixed, spots)
        answer, found = _widening(problem)
        if found and (not placed or problem.moves(found) < len(draft.clashes)):
            return _redrafted(problem, found), "found"
    return draft, "no" if placed else answer


def _again(demands: tuple[Demand, ...], draft: Draft, remembered: tuple[Remembered, ...]) -> Draft:
    """Drafts in which those go first that the last one refused."""
    asked = dict.fromkeys((demand.name for demand in demands), 0)
    found, rounds = draft, 0
    cards = sum(len(host.gpus) for host in draft.board.hosts)
    while found.refused and rounds < ROUNDS and cards * len(draft.done) < WIDEST:
        rounds += 1
        for name in found.refused:
            asked[name] -= 1
        queue = sorted(demands, key=lambda demand: asked[demand.name])
        found = drafted(tuple(queue), draft.board.hosts, draft.sizes, remembered)
    return found


def _hopeless(demand: Demand, draft: Draft) -> bool:
    """Whether the model was refused and would be on an empty fleet as well."""
    if demand.name not in draft.refused or demand.indices is not None:
        return demand.name in draft.refused
    rows = zip(draft.board.hosts, draft.board.seats, strict=True)
    for kinds in ([seat.kind for seat in row] for host, row in rows if demand.host in {None, host.name}):
        for kind in kinds:
            size = draft.sizes[demand.name, False, kind]
            if isinstance(size, int) and size <= kind.usable and kinds.count(kind) >= demand.gpus:
                return False
    return True


def _bound(key: Key, spot: Spot, draft: Draft) -> bool:
    """Whether a replica stays in any case: pinned to GPUs, or taking turns over several."""
    host, gpus = spot
    return draft.asked[key[0]].indices is not None or (len(gpus) > 1 and gpus in draft.board.seats[host][gpus[0]].turns)


def _widening(problem: Problem) -> tuple[Searched, Spots]:
    """The first arrangement, on as few hosts as give one; where remembered replicas may move, that of fewest moves, as
    long as the programs stay small."""
    answer: Searched = "impossible"
    best: Spots = {}
    for hosts in _windows(problem):
        board, tasks = _background(problem, hosts), tuple(_tasks(problem, hosts))
        columns = sum(len(task.replicas) for task in tasks) * sum(len(board.seats[host]) for host in hosts)
        if columns > (PLAIN if best else WIDEST):
            answer = "limit"
            break
        if _hollow(tasks, board, problem.draft.sizes, hosts):
            answer = "impossible"
            continue
        answer, found = arranged(tasks, board, problem.draft.sizes, hosts)
        best = found if found and (not best or problem.moves(found) < problem.moves(best)) else best
        if best and (problem.settled or problem.moves(best) <= 1):
            break
    return ("found" if best else answer), best


def _windows(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Two hosts, four, and so on up to all: first those that the file or a clash names, then those with most room."""
    draft, index = problem.draft, problem.draft.board.index
    named = {index[one.host] for one in problem.demands if one.host is not None and one.name in draft.refused}
    named |= {index[draft.seats[key].host] for key in draft.clashes}
    free = [sum(seat.free for seat in row) for row in draft.board.seats]
    order = sorted(range(len(free)), key=lambda at: (at not in named, -free[at], at))
    width = max(1, len(named))
    while width < len(order) or width == max(1, len(named)):
        width *= 2
        yield tuple(sorted(order[:width]))


def _background(problem: Problem, hosts: tuple[int, ...]) -> Board:
    """What stays on these hosts, on a board of its own."""
    staying = {key: spot for key, spot in problem.spots.items() if key in problem.fixed and spot[0] in hosts}
    return _booked(problem, staying).board


def _tasks(problem: Problem, hosts: tuple[int, ...]) -> Iterator[Task]:
    """What is to be placed on these hosts: whatever stands there and may move, and whatever stands nowhere."""
    draft, spots = problem.draft, problem.spots
    for demand in problem.demands:
        keys = [(demand.name, replica) for replica in range(demand.replicas)]
        loose = [key for key in keys if key not in spots or (key not in problem.fixed and spots[key][0] in hosts)]
        seats = [(key[1], spot_of(draft.seats[key], draft.board)) for key in loose if key in draft.seats]
        if loose:
            yield Task(
                demand,
                tuple(replica for _, replica in loose),
                tuple(seat for seat in seats if seat[1][0] in hosts),
                tuple(spots[key][0] for key in keys if key not in loose),
            )


def _hollow(tasks: tuple[Task, ...], board: Board, sizes: Sizes, hosts: tuple[int, ...]) -> bool:
    """Whether all cards together have less room than vLLM's models need: seen without a solver."""
    cards = [seat for host in hosts for seat in board.seats[host]]
    room = sum(seat.kind.usable - seat.steady for seat in cards)
    for task in tasks:
        claims = [sizes[task.demand.name, False, seat.kind] for seat in cards]
        least = min((claim for claim in claims if isinstance(claim, int)), default=room + 1)
        if task.demand.engine == "vllm":
            room -= least * task.demand.gpus * len(task.replicas)
    return room < 0


def _redrafted(problem: Problem, found: Spots) -> Draft:
    """All in its place, with its reason; what stands on other hosts stays as it was."""
    before = problem.draft
    draft = _booked(problem, {**problem.spots, **found})
    draft.refused = {name: why for name, why in before.refused.items() if before.asked[name] not in problem.demands}
    touched = {spot[0] for spot in found.values()}
    for key, one in draft.done.items():
        if key not in found and (key in problem.fixed or problem.spots[key][0] not in touched):
            draft.done[key] = replace(one, reason=before.done[key].reason)
    return draft


def _booked(problem: Problem, spots: Spots) -> Draft:
    """A draft of exactly these places."""
    before = problem.draft
    draft = Draft(
        before.asked, Board(before.board.hosts), before.sizes, before.seats, before.gone, clashes=before.clashes
    )
    for key, spot in sorted(spots.items()):
        demand, seat = draft.asked[key[0]], draft.seats.get(key)
        stays = seat is not None and spot_of(seat, draft.board) == spot
        one = hold(demand, key[1], draft.board, draft.sizes, spot, _reason(draft, spot, stays=stays))
        assert isinstance(one, Assignment), one
        draft.done[key] = moved(one, draft)
    return draft


def _reason(draft: Draft, spot: Spot, *, stays: bool) -> str:
    host, gpus = draft.board.hosts[spot[0]], spot[1]
    if stays:
        return f"stays on {spelt(host.name, gpus)}"
    return f"{len(gpus)} {host.gpus[gpus[0]].gpu}: found by searching for an arrangement that holds all models"
