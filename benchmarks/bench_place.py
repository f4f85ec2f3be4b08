"""Places 40 models on 16 hosts of 8 GPUs: a roomy fleet, crowded ones that the first pass refuses, and ones in which
something remembered has to move. Prints the seconds of one `place`, and how it was found."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter

from msgspec.structs import replace

from dreamc.sizing.board import Board
from dreamc.sizing.draft import drafted, ordered
from dreamc.sizing.place import Demand, HostSlots, Placement, Remembered, Slot, place
from dreamc.sizing.types import MIB

HOSTS, GPUS, MODELS = 16, 8, 40
CARD = 80 * 1024
"""MiB."""
SEEDS = range(20)
WAYS = {"no": "one after the other", "found": "exact search", "impossible": "refused", "limit": "refused"}
FLEET = tuple(HostSlots(f"h{at:02}", (Slot("card", CARD * MIB),) * GPUS, at % 2 == 0) for at in range(HOSTS))


def demand(name: str, size: int, gpus: int, replicas: int) -> Demand:
    """`size` in MiB on each GPU."""
    return Demand(name, "vllm", lambda _: size * MIB, gpus, replicas)


def roomy() -> tuple[Demand, ...]:
    """Every replica could have cards of its own."""
    return tuple(demand(f"m{at:02}", 10_000 + 1_500 * at, 1 << at % 3, 1 + at % 2) for at in range(MODELS))


def crowded(seed: int) -> tuple[Demand, ...]:
    """Models cut out of the fleet, and made larger until some card of theirs is full: all of them can be placed."""
    chance = random.Random(seed)
    free = {(host, gpu): CARD for host in range(HOSTS) for gpu in range(GPUS)}
    found: list[tuple[int, int, list[tuple[int, int]], int]] = []
    for _ in range(MODELS):
        gpus, size = chance.choice((1, 1, 1, 2, 2, 4, 8)), chance.randint(CARD // 4, CARD * 7 // 10)
        cards: list[tuple[int, int]] = []
        replicas = chance.choice((1, 1, 2, 3))
        for host in chance.sample(range(HOSTS), HOSTS):
            fitting = [(host, gpu) for gpu in range(GPUS) if free[host, gpu] >= size]
            if len(fitting) >= gpus and len(cards) < gpus * replicas:
                cards += chance.sample(fitting, gpus)
                free |= {card: free[card] - size for card in cards[-gpus:]}
        if cards:
            found.append((size, gpus, cards, len(cards) // gpus))
    grown: list[Demand] = []
    for at, (size, gpus, cards, replicas) in enumerate(found):
        more = min(free[card] for card in cards) * 19 // 20
        free |= {card: free[card] - more for card in cards}
        grown.append(demand(f"m{at:02}", size + more, gpus, replicas))
    return tuple(grown)


def remembered(found: Placement) -> tuple[Remembered, ...]:
    """Where everything stands."""
    return tuple(Remembered(one.name, one.replica, one.host, one.gpus) for one in found.assignments)


def refused(models: tuple[Demand, ...]) -> int:
    """Models without a place after the first pass."""
    kinds = Board(FLEET).kinds
    sizes = {(one.name, wish, kind): one.claim(kind.slot) for one in models for wish in (True, False) for kind in kinds}
    return len(drafted(ordered(models, kinds, sizes), FLEET, sizes, ()).refused)


def timed(models: tuple[Demand, ...], seats: tuple[Remembered, ...] = ()) -> tuple[float, Placement]:
    """Wall seconds, and the placement."""
    start = time.perf_counter()
    found = place(models, FLEET, seats)
    return time.perf_counter() - start, found


def told(title: str, runs: list[tuple[float, Placement]]) -> None:
    """One line: median and largest time, and how the placements were found."""
    seconds = [second for second, _ in runs]
    ways = Counter("refused" if found.refused else WAYS[found.searched] for _, found in runs)
    how = ", ".join(f"{way} {count}" for way, count in sorted(ways.items()))
    print(f"{title:34} {statistics.median(seconds):7.3f} s median {max(seconds):7.3f} s at most   {how}")


def main() -> None:
    """Every kind of fleet, several times."""
    told("roomy", [timed(roomy()) for _ in SEEDS])
    hard = [models for models in map(crowded, SEEDS) if refused(models)]
    placed = [timed(models) for models in hard]
    told(f"crowded, {len(hard)} of {len(SEEDS)} refused at first", placed)
    settled = [(models, found) for models, (_, found) in zip(hard, placed, strict=True) if not found.refused]
    told("the same, remembered", [timed(models, remembered(found)) for models, found in settled])
    more = [((*models, demand("new", CARD // 2, 2, 1)), remembered(found)) for models, found in settled]
    told("one more model, remembered", [timed(*each) for each in more])
    larger = [
        ((replace(models[0], claim=lambda _: CARD * MIB), *models[1:]), remembered(found)) for models, found in settled
    ]
    told("one that needs whole cards now", [timed(*each) for each in larger])


if __name__ == "__main__":
    main()
