from __future__ import annotations

import pytest

from dreamc.sizing.types import Fit
from tests.unit.stack.files import local, stack

THREE = 'source: "ollama:qwen2.5-coder:3b"'


def test_a_vllm_model_gets_what_the_ollama_models_leave() -> None:
    seven = '  v: {source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k..32k, concurrency: 4}\n'
    alone = stack(local(seven)).members()["v"]
    beside = stack(local(seven + f"  o: {{{THREE}, context: 32k}}\n")).members()["v"]
    assert isinstance(alone.size, Fit) and isinstance(beside.size, Fit)  # type: ignore[union-attr]  # noqa: PT018
    assert beside.size.tokens < alone.size.tokens  # type: ignore[union-attr]


def test_an_ollama_model_takes_the_longest_context_of_its_range_that_fits() -> None:
    (small,) = stack(local(f"  o: {{{THREE}, context: 4k..32k}}\n")).locals
    assert small.context == 32768
    (large,) = stack(local('  o: {source: "ollama:codestral:22b", context: 4k..32k, concurrency: 8}\n')).locals
    assert 4096 <= large.context < 32768


@pytest.mark.parametrize("context", ["4k..32k", "8k..128k"])
def test_models_that_grow_on_one_card_never_grow_beyond_it(context: str) -> None:
    names = ("llama3.1:8b", "deepseek-r1:7b", "deepseek-r1:8b")
    text = "".join(f'  m{n}: {{source: "ollama:{tag}", context: {context}}}\n' for n, tag in enumerate(names))
    for ledger in stack(local(text)).ledgers:
        assert ledger.ledger.free >= 0


def test_every_card_that_holds_something_has_a_ledger_with_every_model_on_it() -> None:
    hardware = "hardware: {box: {gpus: 2 x rtx-3090}}\n"
    found = stack(local(f"  a: {{{THREE}, context: 4k, gpu: 0}}\n  b: {{{THREE}, context: 4k, gpu: 1}}\n", hardware))
    assert [(one.card.index, [entry.name for entry in one.ledger.entries]) for one in found.ledgers] == [
        (0, ["a"]),
        (1, ["b"]),
    ]


def test_replicas_have_one_size_that_of_the_narrowest_place() -> None:
    hardware = "hardware: {a: {gpus: rtx-3090}, b: {gpus: rtx-3060}}\n"
    models = '  m: {source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k..32k, concurrency: 4, replicas: 2}\n'
    found = stack(local(models, hardware, "gateway: {hosts: [a]}\n"))
    (model,) = found.locals
    assert len(model.instances) == 2
    assert model.size.claim < 12 * 2**30


def test_no_context_is_cut_while_the_card_has_room_that_its_neighbour_cannot_use() -> None:
    chat = '  c: {source: "hf:Qwen/Qwen3-14B-AWQ", context: 8k..32k, concurrency: 3}\n'
    embed = '  e: {source: "hf:BAAI/bge-m3", task: embed}\n'
    text = local(chat + embed, "hardware: {box: {gpus: rtx-5090}}\n").replace("{all: [c, e]}", "{all: [c], vec: [e]}")
    made = stack(text)
    (ledger,) = made.ledgers
    assert made.members()["c"].context == 32768
    assert ledger.ledger.free < ledger.card.total // 100


def test_a_model_gets_what_it_asked_for_before_its_neighbour_gets_more_than_it_asked_for() -> None:
    large = '  c: {source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k..16k, concurrency: 4}\n'
    small = '  s: {source: "hf:Qwen/Qwen3-0.6B", context: 4k}\n  t: {source: "hf:Qwen/Qwen3-0.6B", context: 4k}\n'
    assert stack(local(large + small, "hardware: {box: {gpus: rtx-4090}}\n")).members()["c"].context == 16384


def test_what_nccl_takes_before_vllm_looks_is_in_the_claim() -> None:
    two = "hardware: {box: {gpus: 2 x rtx-3090}}\n"
    made = stack(local('  m: {source: "hf:Qwen/Qwen3-32B-AWQ", context: 8k..32k, gpus: 2}\n', two))
    assert all(one.ledger.free < one.card.total // 100 for one in made.ledgers)
