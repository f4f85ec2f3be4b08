"""Which answers may be given again: never a cheap one for a dear one, never one that was not let through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.asks import BadAsk
from dreamc.runtime.kept import asked, bypasses, choose, forbid, is_hit, namespace, scoped
from dreamc.runtime.stamp import Stamp

STAMP = Stamp("auto", "api_premium", "tier:api_premium", ("gpt", "fast"), "plan", "", asked="q", client="anna")
OTHERS: tuple[dict[str, Any], ...] = (
    *({"alias": "code"}, {"group": "tier:local_fast"}, {"action": None}, {"client": "bob"}, {"asked": "r"}),
    *({"attempts_allowed": 2}, {"models": 3}, {"part": "escalation"}),
)


def test_another_member_mode_or_stack_is_another_answer() -> None:
    own = namespace(STAMP, "s:hybrid", "gpt")
    assert own != namespace(STAMP, "s:hybrid", "fast")
    assert own != namespace(STAMP, "s:local", "gpt")
    assert own == namespace(replace(STAMP, reason="another", tried=("x",)), "s:hybrid", "gpt")


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_whatever_the_policy_decided_by_is_part_of_the_key(other: dict[str, Any]) -> None:
    assert namespace(STAMP, "s", "gpt") != namespace(replace(STAMP, **other), "s", "gpt")


@given(
    st.dictionaries(st.sampled_from(("namespace", "ttl", "s-maxage", "no-cache", "no-store", "use-cache")), st.text())
)
def test_a_client_cannot_name_a_namespace_an_age_or_a_key(given_: dict[str, str]) -> None:
    body: dict[str, Any] = {"cache": given_, "metadata": {"redis_namespace": "x", "caching_groups": [["a"]], "own": 1}}
    choose(body, bypass=False)
    assert "cache" not in body
    assert body["metadata"] == {"own": 1}


@pytest.mark.parametrize(
    ("body", "headers", "wanted"),
    [
        ({}, {}, False),
        ({}, {"x-dream-cache": "off"}, True),
        ({}, {"x-dream-cache": "on"}, False),
        ({"cache": {"no-cache": True}}, {}, True),
        ({"cache": {"no-store": True}}, {}, True),
        ({"cache": {"no-cache": "yes"}}, {}, False),
        ({"cache": "off"}, {}, False),
    ],
)
def test_a_request_may_want_a_new_answer(body: dict[str, Any], headers: dict[str, str], wanted: bool) -> None:
    assert bypasses(body, headers) is wanted
    choose(body, bypass=wanted)
    assert body == ({"cache": {"no-cache": True, "no-store": True}} if wanted else {})


def test_another_word_than_on_or_off_is_the_clients_mistake() -> None:
    with pytest.raises(BadAsk):
        bypasses({}, {"x-dream-cache": "maybe"})


def test_a_call_without_a_decision_or_a_known_question_is_not_kept() -> None:
    never = {"no-cache": True, "no-store": True}
    assert scoped({}, None, "s", "gpt") == never
    assert scoped({}, replace(STAMP, asked=""), "s", "gpt") == never


def test_streams_that_are_judged_after_their_end_are_not_kept() -> None:
    assert scoped({"stream": True}, replace(STAMP, attempts_allowed=1), "s", "gpt")["no-store"] is True
    form = {"stream": True, "response_format": {"type": "json_object"}}
    assert scoped(form, STAMP, "s", "gpt")["no-store"] is True
    assert "no-store" not in scoped({"stream": True}, STAMP, "s", "gpt")
    assert scoped({"cache": {"no-cache": True}}, STAMP, "s", "gpt")["no-cache"] is True


def test_an_answer_that_did_not_pass_is_forbidden_to_be_kept() -> None:
    call = {"cache": scoped({}, STAMP, "s", "gpt")}
    forbid(call)
    assert call["cache"]["no-store"] is True
    forbid({})


def test_options_that_only_some_engines_know_make_another_question() -> None:
    def question(**body: Any) -> str:
        return asked({"proxy_server_request": {"body": body}})

    plain = question(model="auto", messages=[])
    assert plain
    assert plain == question(messages=[], model="auto", metadata={"trace": 1}, cache={})
    assert plain != question(model="auto", messages=[], chat_template_kwargs={"enable_thinking": False})
    assert asked({}) == ""


def test_a_hit_is_told_from_a_new_answer() -> None:
    class Response:
        _hidden_params: Any = None

    response = Response()
    assert not is_hit(response)
    response._hidden_params = {"cache_hit": True}
    assert is_hit(response)
    assert not is_hit(None)
