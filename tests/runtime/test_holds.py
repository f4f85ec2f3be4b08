"""Money comes back only for a call of which it is certain that the provider charged nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dreamc.runtime.holds import hold, unbilled
from dreamc.runtime.stamp import Stamp, put
from tests.runtime.policies import desk
from tests.runtime.test_admission import gateway


class LiteLLMError(Exception):
    """Stands for one of LiteLLM's public errors."""


LiteLLMError.__module__ = "litellm.exceptions"


def error(name: str, status: int | None = None) -> Exception:
    """An error of a library, with the name of its class; `status` is that of the answer it holds."""
    made: Exception = type(name, (Exception,), {"__module__": "httpx"})()
    if status is not None:
        made.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]
    return made


def wrapped(*causes: Exception) -> Exception:
    """LiteLLM's error for what happened, the nearest cause first."""
    outer: Exception = LiteLLMError()
    last = outer
    for cause in causes:
        last.__context__ = cause
        last = cause
    return outer


@pytest.mark.parametrize(
    "causes",
    [
        [error("HTTPStatusError", 500)],
        [error("HTTPStatusError", 429)],
        [error("HTTPStatusError", 401)],
        [error("ConnectError")],
        [error("ConnectTimeout")],
        [error("ClientConnectorError")],
        [error("Whatever"), error("HTTPStatusError", 503)],
    ],
)
def test_an_error_of_the_provider_and_a_request_that_never_left_cost_nothing(causes: list[Exception]) -> None:
    assert unbilled(wrapped(*causes))


@pytest.mark.parametrize(
    "causes",
    [
        [],
        [error("ReadTimeout")],
        [error("TimeoutError")],
        [error("ReadError")],
        [error("RemoteProtocolError")],
        [error("ServerDisconnectedError")],
        [error("JSONDecodeError")],
        [error("HTTPStatusError", 200)],
        [error("ReadTimeout"), error("HTTPStatusError", 500)],
    ],
)
def test_whatever_was_cut_off_or_cannot_be_read_may_have_been_charged(causes: list[Exception]) -> None:
    assert not unbilled(wrapped(*causes))


def test_the_failure_of_an_attempt_before_says_nothing_of_this_one() -> None:
    before = wrapped(error("ConnectError"))
    assert not unbilled(wrapped(error("JSONDecodeError"), before))
    assert unbilled(wrapped(error("HTTPStatusError", 429), wrapped(error("ReadTimeout"))))


def test_no_error_at_all_says_nothing() -> None:
    assert not unbilled(None)
    assert not unbilled("text")


def test_a_bridged_call_is_reserved_once_and_a_stream_that_broke_off_is_not_asked_again(tmp_path: Path) -> None:
    here, body = gateway(tmp_path, desk()), dict[str, Any](messages=[], max_tokens=5)
    put(body, Stamp("code", None, "code", ("gpt",), None, "chain code"))

    async def holds() -> list[str | None]:
        kinds = ("anthropic_messages", "acompletion", "anthropic_messages")
        return [await hold(here, body, "gpt@openai.0", kind) for kind in kinds]

    assert asyncio.run(holds()) == [None, None, "gpt broke off"]
    assert len(here.purse.unsettled()) == 1
