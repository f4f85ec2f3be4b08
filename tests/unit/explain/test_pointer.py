"""Pointers are matched against what is there, because keys hold dots, colons and brackets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.explain import pointer
from dreamc.explain.types import Key

TREE = {
    "services": {
        "vllm-qwen2.5": {"command": ["Qwen/Qwen2.5", "--max-model-len=16384", "--enforce-eager", "--dtype", "half"]},
        "a": {"b": 1},
        "a.b": {"c": 2},
    },
    "model_list": [
        {"model_name": "qwen2.5-coder:7b@local", "litellm_params": {"timeout": 30}, "model_info": {"id": "q@desk.0"}},
        {"model_name": "qwen2.5-coder:7b@local", "litellm_params": {"timeout": 60}, "model_info": {"id": "q@desk.1"}},
    ],
    "ports": [{"target": 4000}, {"target": 4000}],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("services.vllm-qwen2.5.command[--max-model-len]", "16384"),
        ("services.vllm-qwen2.5.command[--enforce-eager]", "--enforce-eager"),
        ("services.vllm-qwen2.5.command[4]", "half"),
        ("services.a.b", 1),
        ("services.a.b.c", 2),
        ('services["a.b"].c', 2),
        ("model_list[qwen2.5-coder:7b@local].litellm_params.timeout", 30),
        ("model_list[q@desk.1].litellm_params.timeout", 60),
        ("model_list[1].litellm_params.timeout", 60),
        ("ports[1].target", 4000),
    ],
)
def test_a_pointer_finds_what_it_names(text: str, value: object) -> None:
    found = pointer.find(TREE, text)
    assert found is not None
    assert found.value == value or (text == "services.a.b" and found.value in (1, {"c": 2}))


@pytest.mark.parametrize(
    "text", ["services.a.d", "model_list[2]", "model_list[nobody].x", "services..a", "ports.0", "x"]
)
def test_a_wrong_pointer_finds_nothing(text: str) -> None:
    assert pointer.find(TREE, text) is None


def test_the_last_part_that_exists_is_where_suggestions_begin() -> None:
    assert pointer.deepest(TREE, "services.vllm-qwen2.5.comand[--x]").keys == ("services", "vllm-qwen2.5")
    assert pointer.deepest(TREE, "nothing").keys == ()


def test_an_option_is_shown_by_its_name_and_a_twin_by_its_number() -> None:
    written = [pointer.written(TREE, step.keys, step.flag) for step in pointer.scalars(TREE)]
    assert "services.vllm-qwen2.5.command[--max-model-len]" in written
    assert "ports[4000].target" in written
    assert "ports[1].target" in written


keys = st.text("ab.:-@[]", min_size=1, max_size=4).filter(lambda key: not key.startswith(".") and "]" not in key)
trees = st.recursive(
    st.integers(0, 9) | keys,
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(keys, trees, min_size=1, max_size=3))
def test_every_pointer_that_is_shown_finds_a_value_like_the_one_it_was_shown_for(tree: dict[str, object]) -> None:
    for step in pointer.scalars(tree):
        shown = pointer.written(tree, step.keys, step.flag)
        assert any(found.value == step.value for found in _all(tree, shown)), shown


def _all(tree: object, shown: str) -> list[pointer.Step]:
    """Everything that the text may mean: keys such as `a` and `a.b` beside each other are ambiguous."""
    return list(pointer._walk(pointer.Step((), tree), shown))


def test_keys_are_what_leads_to_the_value() -> None:
    found = pointer.find(TREE, "model_list[q@desk.1].litellm_params.timeout")
    assert found is not None
    expected: tuple[Key, ...] = ("model_list", 1, "litellm_params", "timeout")
    assert found.keys == expected
