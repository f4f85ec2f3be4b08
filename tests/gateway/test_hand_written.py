"""A gateway of the recommended shape, started for real: what the compiler relies on, whatever it compiles."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.ask import Gate, ask, models
from dreamc.gateway.process import Proxy
from dreamc.gateway.reach import through_upstream
from dreamc.gateway.upstream import EVERYONE, Fault, Upstream
from tests.gateway import shape
from tests.gateway.chains import Served, next_in_line
from tests.gateway.conftest import launch_of
from tests.gateway.shape import CHAINS

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("hand-written")]


def streamed(gate: Gate, model: str) -> str:
    """The text of a streamed answer, put together."""
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    headers = {"authorization": f"Bearer {gate.key}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(gate.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


@pytest.mark.parametrize("alias", CHAINS)
def test_every_alias_is_answered_by_the_first_of_its_chain(
    hand_written: Served, upstream: Upstream, alias: str
) -> None:
    reply = hand_written.ask(alias)
    assert hand_written.name_of(reply.deployment) == CHAINS[alias][0]
    assert (reply.group, reply.attempts) == (alias, 1)
    assert [call.deployment for call in upstream.calls] == [reply.deployment]


def test_the_answer_is_the_text_of_the_model(hand_written: Served, upstream: Upstream) -> None:
    assert "gemini-3.8-flash" in ask(hand_written.gate, "cheap", "hello").text
    assert "quality" in ask(hand_written.gate, "code", "hello").text


@pytest.mark.parametrize("member", ["fast@local", "quality@local", "gpt@openai", "claude@anthropic", "gemini@google"])
def test_every_provider_streams(hand_written: Served, upstream: Upstream, member: str) -> None:
    assert streamed(hand_written.gate, member).startswith("This is ")
    assert upstream.calls[-1].stream


@pytest.mark.parametrize("fault", ["error", "busy", "html", "refuse"])
def test_whatever_breaks_the_first_the_next_answers(hand_written: Served, upstream: Upstream, fault: Fault) -> None:
    upstream.fail("gemini@google.0", fault)
    reply = ask(hand_written.gate, "cheap", "hello")
    assert (reply.deployment, "gpt-5.4" in reply.text) == ("gpt@openai.0", True)


def test_the_next_member_answers_when_the_first_is_down(hand_written: Served, upstream: Upstream) -> None:
    tired: set[str] = set()
    for alias in CHAINS:
        first, second, allowed = next_in_line(hand_written, alias, tired)
        assert first != second
        assert second in allowed


def test_a_group_lists_beside_its_members(hand_written: Served) -> None:
    assert set(models(hand_written.gate)) >= set(CHAINS)


def test_a_wrong_key_is_refused_with_a_remedy(hand_written: Served) -> None:
    with pytest.raises(DreamError, match="answered 40"):
        ask(Gate(hand_written.gate.url, "sk-wrong"), "code", "hello")


def test_no_key_is_refused_as_unauthorised(hand_written: Served) -> None:
    with pytest.raises(DreamError, match="answered 401") as caught:
        ask(Gate(hand_written.gate.url, ""), "code", "hello")
    assert caught.value.remedy == "give the key of this gateway"


def test_a_chain_that_is_down_altogether_is_an_error_not_an_empty_answer(
    hand_written: Served, upstream: Upstream
) -> None:
    upstream.fail(EVERYONE, "error")
    with pytest.raises(DreamError, match=r"answered [45]"):
        ask(hand_written.gate, "cheap", "hello")


def test_a_member_that_failed_twice_is_rested(upstream: Upstream, tmp_path: Path) -> None:
    config = through_upstream(shape.config(**shape.RESTING), upstream.url)
    upstream.fail("quality@desk.0", "error")
    with Proxy(launch_of(config, tmp_path)) as proxy:
        replies = [ask(Gate(proxy.url, proxy.key), "code", "hello") for _ in range(4)]
    assert [reply.attempts for reply in replies] == [2, 2, 1, 1]
    assert {reply.deployment for reply in replies} == {"fast@desk.0"}
    assert upstream.count("quality@desk.0") == 2
