"""What one pass leaves without room, and what has to move: an arrangement is searched for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dreamc.sizing.place import HostSlots, Placement, Remembered, Slot, place
from dreamc.sizing.program import Program, solved
from dreamc.sizing.types import GIB
from tests.unit.sizing.test_place import demand, host, spots


def seats(found: Placement) -> tuple[Remembered, ...]:
    return tuple(Remembered(one.name, one.replica, one.host, one.gpus) for one in found.assignments)


def reason(found: Placement, name: str) -> str:
    return next(one.reason for one in found.assignments if one.name == name)


PIECES = (9, 8, 7, 6, 5, 5)
"""Two cards of 20 hold them as 9 + 6 + 5 and 8 + 7 + 5."""
PARTS = tuple(demand(f"m{at}", size) for at, size in enumerate(PIECES))


def test_models_that_fill_their_cards_to_the_last_byte_are_placed() -> None:
    found = place(PARTS, (host("h", 2, 20),))
    load = {at: sum(one.claim for one in found.assignments if one.gpus == (at,)) for at in (0, 1)}
    assert load == {0: 20 * GIB, 1: 20 * GIB}


def test_remembered_models_give_way_to_one_that_would_have_no_room_and_say_so() -> None:
    hosts = (host("h", 2, 20),)
    before = place((demand("a", 6), demand("b", 6)), hosts)
    found = place((demand("a", 6), demand("b", 6), demand("large", 16)), hosts, seats(before))
    assert found.searched == "found"
    assert spots(found)["large", 0] != spots(found)["a", 0] == spots(found)["b", 0]
    stayed, moved = sorted((reason(found, "a"), reason(found, "b")), reverse=True)
    assert stayed.startswith("stays on h:")
    assert moved.startswith("moved from h:")
    assert "because all models fit only so" in moved


def test_of_three_that_no_longer_fit_together_one_moves() -> None:
    """Keeping the largest first would move two."""
    hosts = (host("h", 2, 20), host("spare", 1, 20))
    before = tuple(Remembered(name, 0, "h", (0,)) for name in ("a", "b", "c"))
    found = place((demand("a", 12), demand("b", 10), demand("c", 10)), hosts, before)
    assert not found.refused
    assert [name for (name, _), spot in spots(found).items() if spot != ("h", (0,))] == ["a"]


def test_what_cannot_be_arranged_is_known_to_be_impossible() -> None:
    found = place((demand("a", 11), demand("b", 11), demand("c", 7)), (host("h", 1, 20), host("i", 1, 12)))
    assert not found.refused
    crowded = place((demand("a", 11), demand("b", 11), demand("c", 10)), (host("h", 1, 20), host("i", 1, 12)))
    assert (crowded.searched, len(crowded.refused)) == ("impossible", 1)


def test_a_model_that_is_too_large_for_every_card_keeps_no_other_from_its_place() -> None:
    found = place((*PARTS, demand("huge", 60)), (host("h", 2, 20),))
    assert [name for name, _ in found.refused] == ["huge"]
    assert len(found.assignments) == len(PARTS)


@pytest.mark.parametrize(
    ("place_", "more", "why"),
    [
        ("gone:0", {}, "that host is gone"),
        ("h:7", {}, "h has 2 GPUs now"),
        ("h:0+1", {}, "a replica takes 1 GPU now"),
        ("h:1", {"host": "i"}, "it is pinned to i"),
        ("h:1", {"host": "i", "indices": (0,)}, "it is pinned to others"),
        ("small:0", {}, "it needs 8.0 GiB and may take 4.0 GiB there"),
    ],
)
def test_a_replica_says_why_it_moved(place_: str, more: dict[str, object], why: str) -> None:
    name, _, gpus = place_.partition(":")
    seat = Remembered("m", 0, name, tuple(int(at) for at in gpus.split("+")))
    found = place(
        (demand("m", 8, **more),), (host("h", 2, 20), host("i", 1, 20), host("small", 1, 4, "small")), (seat,)
    )
    assert reason(found, "m").startswith(f"moved from {place_} because {why}; ")


def test_what_is_remembered_of_others_is_nothing_to_a_model() -> None:
    hosts = (host("h", 2, 20),)
    for seat in (Remembered("other", 0, "h", (1,)), Remembered("m", 3, "h", (1,))):
        assert reason(place((demand("m", 8),), hosts, (seat,)), "m").startswith("1 idle card")


def test_one_that_grew_moves_and_its_neighbour_stays() -> None:
    hosts = (host("h", 2, 20),)
    before = (Remembered("a", 0, "h", (0,)), Remembered("b", 0, "h", (0,)))
    found = place((demand("a", 10), demand("b", 12)), hosts, before)
    assert spots(found)["b", 0] == ("h", (0,))
    assert reason(found, "a").startswith("moved from h:0 because others need the room there; 1 idle card")


def test_replicas_that_stand_together_are_not_torn_apart_by_a_new_host() -> None:
    model = demand("m", 8, replicas=2)
    before = place((model,), (host("h", 2, 20),))
    assert spots(place((model,), (host("h", 2, 20), host("new", 2, 20)), seats(before))) == spots(before)


def test_a_searched_arrangement_keeps_replicas_apart_and_prefers_links() -> None:
    hosts = (host("a", 2, 20), host("b", 2, 20, nvlink=True), host("c", 2, 20))
    before = tuple(Remembered(f"s{at}", 0, name, (0,)) for at, name in enumerate("abc"))
    small = tuple(demand(f"s{at}", 12) for at in range(3))
    found = place((*small, demand("pair", 12, gpus=2), demand("twin", 8, replicas=2)), hosts, before)
    assert found.searched == "found"
    assert spots(found)["pair", 0] == ("b", (0, 1))
    assert len({spots(found)["twin", replica][0] for replica in (0, 1)}) == 2


def test_ollama_models_of_a_searched_arrangement_take_turns_where_they_must() -> None:
    hosts = (HostSlots("h", (Slot("small", 10 * GIB), Slot("large", 20 * GIB))),)
    before = (Remembered("chat", 0, "h", (1,)),)
    ollama = (demand("x", 9, engine="ollama"), demand("y", 8, engine="ollama"))
    found = place((*ollama, demand("chat", 6), demand("more", 14)), hosts, before)
    assert not found.refused
    assert {one.name: one.exclusive_group for one in found.assignments if one.exclusive_group} == {
        "x": "ollama@h:0",
        "y": "ollama@h:0",
    }


def test_the_solver_says_what_is_impossible_and_ranks_its_objectives() -> None:
    program = Program()
    first, second = program.column(3), program.column(3)
    program.row([(first, 1), (second, 1)], low=2, high=4)
    program.objectives = [((first, 1),), ((second, -1),)]
    assert solved(program) == ("found", (0, 3))
    program.row([(first, 1), (second, 1)], low=7)
    assert solved(program)[0] == "impossible"
    assert solved(Program()) == ("impossible", ())


def test_the_solver_is_not_loaded_where_one_pass_is_enough() -> None:
    code = (
        "import sys\nfrom dreamc.sizing.place import *\n"
        "place((Demand('m', 'vllm', lambda _: 5),), (HostSlots('h', (Slot('card', 9),)),))\n"
        "assert not {'highspy', 'numpy', 'dreamc.sizing.search'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
