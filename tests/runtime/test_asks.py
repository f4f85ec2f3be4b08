"""What the policy reads out of a client's request, and what it does not believe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.asks import BadAsk, read, texts
from dreamc.runtime.whitelist import Ask

CHAT = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": "first"},
    {"role": "assistant", "content": None},
    {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "x"}}]},
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_the_last_user_message_is_the_prompt_and_the_rest_its_context() -> None:
    assert texts({"messages": CHAT}) == ("look", "be brief\nfirst")


def test_other_kinds_of_requests_have_a_prompt_too() -> None:
    assert texts({"prompt": "once"}) == ("once", "")
    assert texts({"input": ["one", "two"]}) == ("one\ntwo", "")
    assert texts({"input": "one", "instructions": "be brief"}) == ("one", "be brief")
    assert texts({"system": "be brief", "messages": CHAT[1:2]}) == ("first", "be brief")
    assert texts({}) == ("", "")


def test_a_header_names_the_action_before_the_metadata() -> None:
    body = {"model": "auto", "metadata": {"action_type": "list_files"}}

    assert read(body, {}, None).action == "list_files"
    assert read(body, {"x-dream-action": "edit_file"}, None).action == "edit_file"


def test_wishes_come_from_headers_or_metadata() -> None:
    headers = {"x-dream-force": "local", "x-dream-max-cost-usd": "0.5"}
    metadata = {"force_cloud": True, "max_cost_usd": 2}

    assert read({"model": "auto", "max_tokens": 7}, headers, 3.0) == Ask(
        "auto", "", budget_left_usd=3.0, force_local=True, max_cost_usd=0.5, max_output_tokens=7
    )
    assert read({"model": "auto", "metadata": metadata}, {}, None).force_cloud
    assert read({"model": "auto", "metadata": metadata}, {}, None).max_cost_usd == 2


@pytest.mark.parametrize("messages", ["hi", {}, ["hi"], [["hi"]], [None], 1])
def test_messages_that_are_no_list_of_objects_are_the_clients_to_mend(messages: object) -> None:
    with pytest.raises(BadAsk, match="messages is a list of objects"):
        read({"model": "auto", "messages": messages}, {}, None)


def test_a_field_of_the_body_is_not_an_action() -> None:
    assert read({"model": "auto", "action_type": "edit_file"}, {}, None).action is None


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {}),
        ({"model": 7}, {}),
        ({"model": "auto", "metadata": {"action_type": "x" * 65}}, {}),
        ({"model": "auto", "metadata": {"action_type": ["x"]}}, {}),
        ({"model": "auto"}, {"x-dream-action": "x\r\nset-cookie: y"}),
        ({"model": "auto"}, {"x-dream-force": "moon"}),
        ({"model": "auto"}, {"x-dream-max-cost-usd": "-1"}),
        ({"model": "auto"}, {"x-dream-max-cost-usd": "nan"}),
        ({"model": "auto", "metadata": {"max_cost_usd": {}}}, {}),
    ],
)
def test_what_the_client_must_mend_is_said(body: dict[str, object], headers: dict[str, str]) -> None:
    with pytest.raises(BadAsk):
        read(body, headers, None)


@given(
    st.dictionaries(st.sampled_from(["messages", "prompt", "input", "system", "metadata", "max_tokens"]), json_values)
)
def test_no_body_breaks_the_reader(body: dict[str, object]) -> None:
    try:
        read({**body, "model": "auto"}, {}, None)
    except BadAsk:
        return
