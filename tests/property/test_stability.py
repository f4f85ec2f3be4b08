"""What one line of the file changes: nothing that it does not speak of."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

import pytest

from dreamc.document.write import yaml_text
from dreamc.stack.types import Stack
from tests.property.examples import TEXTS, document, stack_of

SMALL = {"source": "ollama:qwen2.5-coder:0.5b", "context": "2k", "description": "no part of any chain"}
ROOMY = ("fleet", "daemon-tiers")
"""Examples with a card that nothing needs whole, so that one more model changes no size."""


def places(stack: Stack) -> dict[str, list[tuple[str, tuple[int, ...], str]]]:
    """Host, cards and service of every replica."""
    return {one.name: [(each.host, each.gpus, each.service) for each in one.instances] for one in stack.locals}


def ports(stack: Stack) -> dict[str, list[int]]:
    return {one.name: [each.port for each in one.instances] for one in stack.locals}


def sizes(stack: Stack) -> dict[str, tuple[int, int]]:
    return {one.name: (one.context, one.size.claim) for one in stack.locals}


def changed(name: str, folder: FilePath, **sections: Any) -> Stack:
    value = document(TEXTS[name]).value
    assert isinstance(value, dict)
    return stack_of(yaml_text({**value, **sections}), folder)


def models(name: str) -> dict[str, Any]:
    value = document(TEXTS[name]).value
    assert isinstance(value, dict)
    found: dict[str, Any] = value["models"]
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_the_order_of_models_decides_neither_cards_nor_sizes(name: str, tmp_path: FilePath) -> None:
    before = stack_of(TEXTS[name], tmp_path)
    after = changed(name, tmp_path, models=dict(reversed(models(name).items())))
    assert places(after) == places(before)
    assert sizes(after) == sizes(before)


@pytest.mark.parametrize("name", ROOMY)
def test_one_more_small_model_moves_no_other(name: str, tmp_path: FilePath) -> None:
    before = stack_of(TEXTS[name], tmp_path)
    after = changed(name, tmp_path, models={**models(name), "another": SMALL})
    assert {one: there for one, there in places(after).items() if one != "another"} == places(before)
    assert {one: there for one, there in ports(after).items() if one != "another"} == ports(before)


@pytest.mark.parametrize("name", TEXTS)
def test_one_more_provider_changes_nothing_on_the_cards(name: str, tmp_path: FilePath) -> None:
    before = stack_of(TEXTS[name], tmp_path)
    value = document(TEXTS[name]).value
    assert isinstance(value, dict)
    acme = {"kind": "openai-compatible", "base_url": "https://api.acme.example/v1", "models": {"acme-1": {}}}
    after = changed(name, tmp_path, providers={**value.get("providers", {}), "acme": acme})
    assert (places(after), ports(after), sizes(after)) == (places(before), ports(before), sizes(before))
    assert after.ledgers == before.ledgers


@pytest.mark.parametrize("name", TEXTS)
def test_a_model_that_is_switched_off_leaves_no_trace(name: str, tmp_path: FilePath) -> None:
    off = changed(name, tmp_path, models={**models(name), "another": {**SMALL, "enabled": False}})
    assert off == stack_of(TEXTS[name], tmp_path)


def test_ollama_models_share_what_is_left_of_a_card_and_never_take_it_twice(tmp_path: FilePath) -> None:
    text = (
        "dream: 1\nname: t\nmode: local\nhardware: {box: {gpus: rtx-3090}}\nmodels:\n"
        "  a: {source: 'ollama:llama3.1:8b', context: 4k..128k}\n"
        "  b: {source: 'ollama:qwen2.5:7b', context: 4k..32k}\n"
        "  c: {source: 'ollama:deepseek-coder:6.7b', context: 4k..16k}\n"
        "fallbacks: {chains: {chat: [a, b, c]}}\n"
    )
    stack = stack_of(text, tmp_path)
    assert all(one.ledger.free >= 0 for one in stack.ledgers)
    assert max(one.context for one in stack.locals) > 4096
