"""Where models go: deterministic, replicas apart, turns among Ollama models, and a reason for each."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

from dreamc.sizing.place import Claim, Demand, HostSlots, Placement, Slot, place
from dreamc.sizing.types import GIB, Refusal


@cache
def takes(size: float, least_card: float = 0) -> Claim:
    def claim(slot: Slot) -> int | Refusal:
        if slot.total < least_card * GIB:
            return Refusal("memory", "too small a card", int(least_card * GIB) - slot.total, ("another card",))
        return int(size * GIB)

    return claim


def demand(name: str, size: float, **more: Any) -> Demand:
    engine = more.pop("engine", "vllm")
    return Demand(name, engine, takes(size, more.pop("least_card", 0)), **more)


def host(name: str, count: int, total: float, gpu: str = "card", **more: Any) -> HostSlots:
    return HostSlots(name, (Slot(gpu, int(total * GIB)),) * count, **more)


def spots(found: Placement) -> dict[tuple[str, int], tuple[str, tuple[int, ...]]]:
    assert not found.refused, found.refused
    return {(item.name, item.replica): (item.host, item.gpus) for item in found.assignments}


FLEET = (
    host("h200-a", 8, 139.8, "h200", nvlink=True),
    host("h200-b", 8, 139.8, "h200", nvlink=True),
    host("desk", 2, 23.5, "rtx-4090"),
)
MODELS = (
    demand("llama-70b", 91, gpus=2, replicas=2, least_card=80),
    demand("deepseek-v3", 93, gpus=8, least_card=80),
    demand("coder", 65, replicas=2, least_card=70),
    demand("embed", 3),
)


def test_the_fleet() -> None:
    found = spots(place(MODELS, FLEET))
    assert found["deepseek-v3", 0] == ("h200-a", tuple(range(8)))
    assert {found["llama-70b", 0], found["llama-70b", 1]} == {("h200-b", (0, 1)), ("h200-b", (2, 3))}
    assert found["embed", 0] == ("desk", (0,))
    assert {found["coder", replica][0] for replica in (0, 1)} == {"h200-b"}


def test_the_order_of_models_does_not_matter() -> None:
    answers = {place(order, FLEET) for order in itertools.permutations(MODELS)}
    assert len(answers) == 1


def test_an_unrelated_small_model_moves_nothing() -> None:
    before, after = spots(place(MODELS, FLEET)), spots(place((*MODELS, demand("new", 2)), FLEET))
    assert {key: value for key, value in after.items() if key[0] != "new"} == before


def test_replicas_stand_on_different_hosts_where_they_can() -> None:
    hosts = (host("a", 4, 24), host("b", 4, 24))
    found = place((demand("m", 10, replicas=3),), hosts)
    assert [item.host for item in found.assignments] == ["a", "b", "a"]
    assert "another host" in found.assignments[1].reason
    assert "no other host" in found.assignments[2].reason


def test_an_idle_card_is_preferred_to_a_shared_one() -> None:
    found = spots(place((demand("a", 10), demand("b", 10)), (host("h", 2, 24),)))
    assert {found["a", 0][1], found["b", 0][1]} == {(0,), (1,)}


def test_a_card_that_holds_all_that_is_wished_for_is_preferred() -> None:
    hosts = (HostSlots("h", (Slot("small", 24 * GIB), Slot("large", 80 * GIB))),)
    wishing = Demand("m", "vllm", takes(10), wish=takes(40))
    found = place((wishing,), hosts)
    assert spots(found)["m", 0] == ("h", (1,))
    assert found.assignments[0].reason == "1 idle large: holds all that is wished for"
    assert spots(place((demand("m", 10),), hosts))["m", 0] == ("h", (0,))


def test_ollama_models_share_a_card_while_they_fit_and_take_turns_when_they_do_not() -> None:
    ollama = (demand("qwen", 6, engine="ollama"), demand("llama", 7, engine="ollama"))
    roomy = place(ollama, (host("h", 1, 24),))
    assert all(item.exclusive_group is None for item in roomy.assignments)
    tight = place((*ollama, demand("coder", 7)), (host("h", 1, 15.6),))
    groups = {item.name: item.exclusive_group for item in tight.assignments}
    assert not tight.refused
    assert groups == {"coder": None, "llama": "ollama@h:0", "qwen": "ollama@h:0"}
    assert "takes turns" in next(item.reason for item in tight.assignments if item.name == "qwen")


def test_vllm_models_never_take_turns() -> None:
    found = place((demand("a", 9), demand("b", 9)), (host("h", 1, 15),))
    assert [name for name, _ in found.refused] == ["b"]
    assert found.refused[0][1].deficit == 3 * GIB


def test_pins_are_kept_and_go_first() -> None:
    hosts = (host("a", 2, 24), host("b", 2, 24))
    models = (demand("big", 20), demand("pinned", 12, host="a", indices=(0,)), demand("there", 12, host="b"))
    found = spots(place(models, hosts))
    assert found["pinned", 0] == ("a", (0,))
    assert found["there", 0][0] == "b"
    assert found["big", 0] == ("a", (1,))


def test_two_pins_on_a_full_card_say_what_is_missing_and_who_is_there() -> None:
    models = (demand("a", 12, host="h", indices=(0,)), demand("b", 9, host="h", indices=(0,)))
    found = place(models, (host("h", 1, 20),))
    name, refusal = found.refused[0]
    assert name == "b"
    assert refusal.deficit == GIB
    assert "beside a" in refusal.reason


def test_pins_that_point_nowhere_are_refused() -> None:
    hosts = (host("a", 1, 24), host("b", 1, 24))
    models = (demand("x", 1, host="c"), demand("y", 1, host="a", indices=(3,)), demand("z", 1, indices=(0,)))
    assert {refusal.kind for _, refusal in place(models, hosts).refused} == {"request"}


def test_a_shared_card_is_the_one_of_which_most_stays_free() -> None:
    hosts = (HostSlots("h", (Slot("small", 24 * GIB), Slot("large", 80 * GIB))),)
    found = spots(place((demand("a", 18), demand("b", 30), demand("c", 4)), hosts))
    assert found["a", 0] == ("h", (0,))
    assert found["c", 0] == ("h", (1,))


def test_an_engine_rather_shares_a_card_with_its_own_kind() -> None:
    models = (demand("chat", 4), demand("tag", 9, engine="ollama"), demand("second", 9, engine="ollama"))
    found = spots(place(models, (host("h", 2, 24),)))
    assert found["tag", 0][1] == found["second", 0][1] != found["chat", 0][1]


def test_ollama_models_take_turns_only_on_the_gpus_of_one_server() -> None:
    models = (demand("wide", 12, engine="ollama", gpus=2), demand("a", 12, engine="ollama"))
    found = place((*models, demand("b", 12, engine="ollama")), (host("h", 2, 20),))
    assert [name for name, _ in found.refused] == ["a", "b"]


def test_models_that_fit_only_by_turns_make_room_for_one_that_is_pinned_beside_them() -> None:
    pinned = {"host": "h", "indices": (0,)}
    ollama = (demand("a", 8, engine="ollama", priority=-1, **pinned), demand("b", 8, engine="ollama", **pinned))
    found = place((*ollama, demand("chat", 10, priority=1, **pinned)), (host("h", 1, 20),))
    assert not found.refused
    assert {one.name for one in found.assignments if one.exclusive_group} == {"a", "b"}


def test_a_model_that_spans_gpus_prefers_linked_ones() -> None:
    hosts = (host("a", 2, 24, "card"), host("b", 2, 24, "card", nvlink=True))
    assert spots(place((demand("m", 20, gpus=2),), hosts))["m", 0] == ("b", (0, 1))
    assert spots(place((demand("m", 20),), hosts))["m", 0] == ("a", (0,))


def test_a_model_never_spans_hosts() -> None:
    found = place((demand("m", 20, gpus=4),), (host("a", 2, 24), host("b", 2, 24)))
    assert "4 GPUs of one kind in one host" in found.refused[0][1].reason


def test_a_refusal_of_the_sizing_comes_through_with_its_options() -> None:
    found = place((demand("m", 20, least_card=80),), (host("a", 2, 24),))
    assert found.refused[0][1].options == ("another card",)


def test_a_reserve_is_left_alone() -> None:
    hosts = (HostSlots("h", (Slot("card", 12 * GIB, 2 * GIB),)),)
    assert not place((demand("m", 10),), hosts).refused
    assert place((demand("m", 10.1),), hosts).refused


def test_without_any_gpu_everything_is_refused() -> None:
    assert len(place(MODELS, ()).refused) == 4


def test_nothing_is_ever_overbooked_on_many_hosts() -> None:
    hosts = tuple(host(f"h{number:02}", 8, 80) for number in range(16))
    models = tuple(
        demand(f"m{number:02}", 5 + number, gpus=1 << number % 3, replicas=1 + number % 2) for number in range(40)
    )
    found = place(models, hosts)
    load: dict[tuple[str, int], int] = {}
    for item in found.assignments:
        for gpu in item.gpus:
            load[item.host, gpu] = load.get((item.host, gpu), 0) + item.claim
    assert not found.refused
    assert max(load.values()) <= 80 * GIB
