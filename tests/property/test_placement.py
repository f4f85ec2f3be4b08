"""Properties of placement: nothing moves without need, order decides nothing, what can be placed is placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dreamc.sizing.place import Assignment, Demand, HostSlots, Placement, Remembered, Slot, place
from dreamc.sizing.types import GIB, Refusal

Spot = tuple[str, tuple[int, ...]]
SIZES = {"small": 16, "large": 40}


@st.composite
def demands(draw: st.DrawFn, most: int = 5) -> tuple[Demand, ...]:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(2, 30),
                st.sampled_from([1, 1, 1, 2]),
                st.integers(1, 2),
                st.booleans(),
            ),
            min_size=1,
            max_size=most,
        )
    )
    return tuple(
        Demand(f"m{at}", "ollama" if ollama else "vllm", lambda _, size=size: size * GIB, gpus, replicas)  # type: ignore[misc]
        for at, (size, gpus, replicas, ollama) in enumerate(rows)
    )


@st.composite
def fleets(draw: st.DrawFn, most: int = 3) -> tuple[HostSlots, ...]:
    rows = draw(st.lists(st.tuples(st.sampled_from(sorted(SIZES)), st.integers(1, 2)), min_size=1, max_size=most))
    return tuple(
        HostSlots(f"h{at}", (Slot(kind, SIZES[kind] * GIB),) * count, kind == "large")
        for at, (kind, count) in enumerate(rows)
    )


@st.composite
def packings(draw: st.DrawFn) -> tuple[tuple[Demand, ...], tuple[HostSlots, ...]]:
    """Cards cut into pieces, and a model for each piece or for equal pieces of two cards: all of it can be placed."""
    hosts = tuple(HostSlots(f"h{at}", (Slot("card", 40 * GIB),) * 2) for at in range(draw(st.integers(1, 2))))
    found: list[Demand] = []
    for _ in hosts:
        both = draw(st.lists(st.integers(4, 12), max_size=2))
        for width, cards in ((2, 1), (1, 2)):
            for _ in range(cards):
                left = 40 - (0 if width == 2 else sum(both))
                for size in both if width == 2 else draw(st.lists(st.integers(5, 20), min_size=1, max_size=4)):
                    take = size if width == 2 else min(size, left)
                    left -= take
                    if take:
                        found.append(Demand(f"m{len(found)}", "vllm", lambda _, take=take: take * GIB, width))  # type: ignore[misc]
    return tuple(found), hosts


def remembered(found: Placement) -> tuple[Remembered, ...]:
    return tuple(Remembered(one.name, one.replica, one.host, one.gpus) for one in found.assignments)


def spots(found: Placement) -> dict[tuple[str, int], Spot]:
    return {(one.name, one.replica): (one.host, one.gpus) for one in found.assignments}


def used(here: list[Assignment], engines: dict[str, str]) -> int:
    """Bytes of one card at the worst moment, told from the assignments alone."""
    groups: dict[str, int] = {}
    for one in here:
        assert one.exclusive_group is None or engines[one.name] == "ollama"
        group = one.exclusive_group or f"{one.name}/{one.replica}"
        groups[group] = max(groups.get(group, 0), one.claim)
    return sum(groups.values())


def assert_sound(found: Placement, wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...]) -> None:
    """Every replica has its width, its claim and its room, and is either placed or refused."""
    by_name = {one.name: one for one in wanted}
    engines = {one.name: str(one.engine) for one in wanted}
    for host in hosts:
        for at, slot in enumerate(host.gpus):
            here = [one for one in found.assignments if one.host == host.name and at in one.gpus]
            assert used(here, engines) <= slot.usable
            assert all(one.claim == by_name[one.name].claim(slot) for one in here)
    refused = {name for name, _ in found.refused}
    for one in wanted:
        mine = [each for each in found.assignments if each.name == one.name]
        assert all(len(set(each.gpus)) == one.gpus and each.reason for each in mine)
        assert one.name in refused or sorted(each.replica for each in mine) == list(range(one.replicas))


def possible(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...]) -> bool:
    """By trying everything: Ollama models on one card take turns; each stands on a card once."""
    free = {(host.name, at): slot.usable for host in hosts for at, slot in enumerate(host.gpus)}
    tasks = sorted((one for one in wanted for _ in range(one.replicas)), key=lambda one: one.name)
    largest: dict[tuple[str, int], list[tuple[str, int]]] = {card: [] for card in free}

    def fits(left: list[Demand]) -> bool:
        return not left or any(fits(left[1:]) or undo() for undo in tried(left[0]))

    def tried(one: Demand) -> Iterator[Callable[[], bool]]:
        for host in hosts:
            for span in combinations(range(len(host.gpus)), one.gpus):
                claims = [one.claim(host.gpus[at]) for at in span]
                cards = [(host.name, at) for at in span]
                turns = one.engine == "ollama" and one.gpus == 1
                again = one.engine == "ollama" and any((one.name, 0) in largest[card] for card in cards)
                before = {card: (free[card], list(largest[card])) for card in cards}
                for card, claim in zip(cards, claims, strict=True):
                    assert isinstance(claim, int)
                    most = max((size for _, size in largest[card]), default=0)
                    free[card] -= max(0, claim - most) if turns else claim
                    largest[card] += [(one.name, 0), (one.name, claim if turns else 0)]

                def undo(before: dict[tuple[str, int], tuple[int, list[tuple[str, int]]]] = before) -> bool:
                    for card, (room, names) in before.items():
                        free[card], largest[card] = room, names
                    return False

                if again or any(free[card] < 0 for card in cards):
                    undo()
                else:
                    yield undo

    return fits(tasks)


@settings(max_examples=120, deadline=None)
@given(demands(4), fleets())
def test_what_can_be_placed_is_placed(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...]) -> None:
    found = place(wanted, hosts)
    assert_sound(found, wanted, hosts)
    if found.refused:
        assert not possible(wanted, hosts)
        assert found.searched in {"no", "impossible"}


@settings(max_examples=120, deadline=None)
@given(packings())
def test_cards_that_were_cut_into_models_hold_them(packing: tuple[tuple[Demand, ...], tuple[HostSlots, ...]]) -> None:
    wanted, hosts = packing
    found = place(wanted, hosts)
    assert_sound(found, wanted, hosts)
    assert not found.refused


@settings(max_examples=80, deadline=None)
@given(demands(), fleets(), st.randoms(use_true_random=False))
def test_the_order_of_models_decides_nothing(
    wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], random: Random
) -> None:
    shuffled = list(wanted)
    random.shuffle(shuffled)
    first = place(wanted, hosts)
    assert place(tuple(shuffled), hosts) == first
    assert place(tuple(shuffled), hosts, remembered(first)) == place(wanted, hosts, remembered(first)[::-1])


@settings(max_examples=80, deadline=None)
@given(demands(), fleets())
def test_what_was_remembered_stays_and_says_so(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...]) -> None:
    first = place(wanted, hosts)
    if not first.refused:
        again = place(wanted, hosts, remembered(first))
        assert spots(again) == spots(first)
        assert all(one.reason.startswith(f"stays on {one.host}:") for one in again.assignments)


@settings(max_examples=80, deadline=None)
@given(demands(), fleets(), st.integers(0, 4))
def test_a_model_that_goes_moves_no_other(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], at: int) -> None:
    first = place(wanted, hosts)
    if first.refused:
        return
    gone = wanted[at % len(wanted)].name
    after = place(tuple(one for one in wanted if one.name != gone), hosts, remembered(first))
    assert spots(after) == {key: spot for key, spot in spots(first).items() if key[0] != gone}


@settings(max_examples=80, deadline=None)
@given(demands(), fleets(), fleets(2))
def test_another_host_moves_nothing(
    wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], more: tuple[HostSlots, ...]
) -> None:
    first = place(wanted, hosts)
    added = tuple(replace(host, name=f"a-{host.name}") for host in more)
    if not first.refused:
        assert spots(place(wanted, (*added, *hosts), remembered(first))) == spots(first)


@settings(max_examples=80, deadline=None)
@given(demands(), fleets(), st.integers(2, 20))
def test_a_model_for_which_there_is_room_moves_no_other(
    wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], size: int
) -> None:
    first = place(wanted, hosts)
    if first.refused:
        return
    new = Demand("new", "vllm", lambda _: size * GIB)
    kept = [replace(one, host=each.host, indices=each.gpus, name=f"{one.name}-{each.replica}", replicas=1)
            for each in first.assignments for one in wanted if one.name == each.name]  # fmt: skip
    alone = place((*kept, new), hosts)
    after = place((*wanted, new), hosts, remembered(first))
    assert_sound(after, (*wanted, new), hosts)
    if not alone.refused:
        assert {key: spot for key, spot in spots(after).items() if key[0] != "new"} == spots(first)


@settings(max_examples=100, deadline=None)
@given(demands(4), fleets(), st.integers(2, 25))
def test_as_few_move_as_possible(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], size: int) -> None:
    """Compared with pinning every choice of replicas that stay."""
    first = place(wanted, hosts)
    if first.refused or any(one.engine == "ollama" for one in wanted):
        return
    grown = (replace(wanted[0], claim=lambda _: size * GIB), *wanted[1:])
    after = place(grown, hosts, remembered(first))
    assert_sound(after, grown, hosts)
    if not after.refused:
        moved = sum(spots(after)[key] != spot for key, spot in spots(first).items())
        assert moved == fewest(grown, hosts, first)


def fewest(wanted: tuple[Demand, ...], hosts: tuple[HostSlots, ...], first: Placement) -> int:
    """The least number of replicas that must leave their place, by trying every choice."""
    best = len(first.assignments)
    for choice in product((False, True), repeat=len(first.assignments)):
        pinned = {
            (one.name, one.replica): one for one, moves in zip(first.assignments, choice, strict=True) if not moves
        }
        parts = tuple(
            replace(one, name=f"{one.name}-{at}", replicas=1, host=there.host, indices=there.gpus)
            if (there := pinned.get((one.name, at)))
            else replace(one, name=f"{one.name}-{at}", replicas=1)
            for one in wanted
            for at in range(one.replicas)
        )
        if sum(choice) < best and not place(parts, hosts).refused:
            best = sum(choice)
    return best


def test_a_refusal_of_the_sizing_is_not_searched_for() -> None:
    never = Demand("m", "vllm", lambda _: Refusal("capability", "too old"))
    found = place((never,), (HostSlots("h", (Slot("card", GIB),)),))
    assert (found.searched, found.refused[0][1].kind) == ("no", "capability")
