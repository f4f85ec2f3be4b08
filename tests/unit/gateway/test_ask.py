"""One request, against the model server itself: it speaks the same dialect as a gateway."""

from __future__ import annotations

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.ask import Gate, ask, embed, models
from dreamc.gateway.process import free_port
from dreamc.gateway.upstream import Upstream


def test_the_answer_comes_back_as_text(upstream: Upstream) -> None:
    reply = ask(Gate(upstream.url, "sk-x"), "m", "hello", temperature=0)
    assert reply.text.startswith("This is m,")
    assert reply.attempts == 1
    assert reply.headers["content-type"] == "application/json"


def test_an_embedding_says_how_long_it_is(upstream: Upstream) -> None:
    assert embed(Gate(upstream.url, "sk-x"), "m", "hello").text == "a vector of 3 numbers"


def test_the_models_come_in_their_order(upstream: Upstream) -> None:
    gate = Gate(upstream.url, "sk-x")
    ask(gate, "b", "hello")
    ask(gate, "a", "hello")
    assert models(gate) == ("b", "a")


def test_a_refusal_says_the_status_the_reason_and_what_to_do(upstream: Upstream) -> None:
    upstream.fail("m", "busy")
    with pytest.raises(DreamError, match="answered 429: too many requests") as caught:
        ask(Gate(upstream.url, "sk-x"), "m", "hello")
    assert caught.value.remedy == "wait, or raise the limit"


def test_a_gateway_that_is_away_is_an_error_with_its_address() -> None:
    gate = Gate(f"http://127.0.0.1:{free_port()}", "sk-x")
    with pytest.raises(DreamError, match=gate.url):
        ask(gate, "m", "hello")


def test_a_page_instead_of_an_answer_is_an_error(upstream: Upstream) -> None:
    upstream.fail("m", "html")
    with pytest.raises(DreamError, match="not JSON"):
        ask(Gate(upstream.url, "sk-x"), "m", "hello")


def test_the_key_is_in_no_printed_form() -> None:
    assert "sk-secret" not in repr(Gate("http://127.0.0.1:1", "sk-secret"))
