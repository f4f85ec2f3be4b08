"""A stream that says nothing is taken from the next member, and every request has one outcome in the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime import rescue
from dreamc.runtime.refusals import Ended
from dreamc.runtime.rescue import rescued
from dreamc.runtime.stamp import Stamp, find, put
from dreamc.runtime.state import Gateway
from tests.runtime.policies import desk
from tests.runtime.test_admission import gateway

STAMP = Stamp("code", None, "code", ("quality", "fast"), None, "chain code")


def piece(text: str = "", finish: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]}


EMPTY = (piece(), piece(finish="stop"))


class Stream:
    """A member's chunks, and then its end or an error. `at_end` is the stamp as LiteLLM's own log finds it there."""

    def __init__(self, member: str, chunks: tuple[dict[str, Any], ...], error: Exception | None = None) -> None:
        self._hidden_params = {"model_id": f"{member}@desk.0"}
        self.chunks, self.error = chunks, error
        self.body: dict[str, Any] = {}
        self.at_end: Stamp | None = None

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        for chunk in self.chunks:
            yield chunk
        self.at_end = find(self.body)
        if self.error is not None:
            raise self.error


class Router:
    """Answers with the streams that it was given, one after the other."""

    def __init__(self, *streams: Stream) -> None:
        self.streams = list(streams)

    async def acompletion(self, **body: Any) -> Stream:
        self.streams[0].body = body
        return self.streams.pop(0)


@pytest.fixture
def opened(tmp_path: Path) -> Gateway:
    return gateway(tmp_path, desk())


def body(stamp: Stamp = STAMP, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"model": "code", "messages": [], "litellm_call_id": "one", **more}
    put(made, stamp)
    return made


def texts(opened: Gateway, stream: Stream, asked: dict[str, Any]) -> list[str]:
    stream.body = asked

    async def all_() -> list[str]:
        return [chunk["choices"][0]["delta"]["content"] async for chunk in rescued(opened, stream, asked)]

    return asyncio.run(all_())


def test_what_will_not_be_passed_on_is_noted_before_litellm_books_it(
    opened: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Stream("quality", EMPTY), Stream("fast", (piece(), piece("hi"), piece(finish="stop")))
    monkeypatch.setattr(rescue, "router", lambda: Router(second))

    assert texts(opened, first, body()) == ["", "hi", ""]
    assert first.at_end is not None
    assert first.at_end.rejected == "empty answer"
    assert second.at_end is not None
    assert (second.at_end.rejected, second.at_end.tried) == ("", ("quality",))
    assert second.body["litellm_call_id"] == "one"


def test_a_second_choice_that_says_something_saves_the_first(opened: Gateway) -> None:
    stream = Stream("quality", (piece(finish="stop"), piece("hi", index=1), piece(finish="stop", index=1)))

    assert texts(opened, stream, body()) == ["", "hi", ""]
    assert stream.at_end is not None
    assert stream.at_end.rejected == ""


def test_an_answer_that_nobody_can_replace_is_passed_on_and_counts(opened: Gateway) -> None:
    stream = Stream("nobody", EMPTY)

    assert texts(opened, stream, body()) == ["", ""]
    assert stream.at_end is not None
    assert stream.at_end.rejected == ""


@pytest.mark.parametrize("chunks", [(), (piece("half"),)], ids=["before a word", "after one"])
def test_a_stream_that_breaks_off_ends_in_a_status_and_the_name_of_who_did(
    opened: Gateway, chunks: tuple[dict[str, Any], ...]
) -> None:
    asked = body(replace(STAMP, called=("quality@desk.0", "fast@desk.0"), faults=(("quality", 504, "slow"),)))

    with pytest.raises(Ended) as told:
        texts(opened, Stream("quality", chunks, ConnectionError("broken pipe")), asked)
    assert (told.value.status_code, told.value.message) == (502, "quality: slow; fast: broken pipe")
    assert isinstance(told.value.__cause__, ConnectionError)


def test_a_client_that_hangs_up_on_the_stream_in_its_place_leaves_one_outcome(
    opened: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Stream("fast", (piece("a"), piece("b"), piece(finish="stop")))
    monkeypatch.setattr(rescue, "router", lambda: Router(second))

    async def hang_up() -> None:
        stream = rescued(opened, Stream("quality", EMPTY), body())
        assert (await anext(stream))["choices"][0]["delta"]["content"] == "a"
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(hang_up())
    rows = [json.loads(line) for line in (tmp_path / "llm_usage.jsonl").read_text().splitlines()]
    assert [(row["id"], row["status"]) for row in rows] == [("one", "failed: ClientLeft")]
