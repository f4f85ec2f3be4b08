"""Choices and chunks of a stream are read alike, as objects and as JSON."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dreamc.runtime.answers import Answer
from dreamc.runtime.choices import answer, begins, ends, joined, thinks


def chunk(index: int = 0, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def call(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"name": "f", "arguments": arguments}}


def test_a_message_a_completion_and_a_refusal_are_answers() -> None:
    assert answer({"message": {"content": "hi"}, "finish_reason": "stop"}) == Answer("hi", (), "stop")
    assert answer({"text": "hi", "finish_reason": "stop"}) == Answer("hi", (), "stop")
    assert answer({"message": {"content": None, "refusal": "no"}}) == Answer("no")
    assert answer({"message": {"tool_calls": [call(0, "{}")]}}) == Answer("", ("{}",))


def test_an_object_reads_like_json() -> None:
    choice = SimpleNamespace(message=SimpleNamespace(content="hi", tool_calls=None), finish_reason="stop")

    assert answer(choice) == Answer("hi", (), "stop")


def test_a_stream_begins_with_its_first_word_or_tool_call() -> None:
    assert not begins(chunk(role="assistant", content=""))
    assert not begins(chunk(content=" \n"))
    assert not begins({"choices": [], "usage": {}})
    assert begins(chunk(content="hi"))
    assert begins(chunk(tool_calls=[call(0, "")]))


def test_a_chunk_of_an_unknown_kind_passes() -> None:
    assert begins(b"event: message_start")


def test_reasoning_is_not_yet_an_answer() -> None:
    assert thinks(chunk(reasoning_content="hm"))
    assert not begins(chunk(reasoning_content="hm"))
    assert not thinks(chunk(content="hi"))


def test_chunks_add_up_per_choice_and_per_tool_call() -> None:
    chunks = [
        chunk(role="assistant"),
        chunk(content="he"),
        chunk(index=1, tool_calls=[call(0, '{"a"'), call(1, "{}")]),
        chunk(content="llo", finish="stop"),
        chunk(index=1, tool_calls=[call(0, ": 1}")], finish="tool_calls"),
    ]

    assert joined(chunks) == (Answer("hello", (), "stop"), Answer("", ('{"a": 1}', "{}"), "tool_calls"))


def test_no_chunks_are_one_empty_answer() -> None:
    assert joined([]) == (Answer(""),)


def test_the_last_piece_of_any_choice_is_known() -> None:
    assert ends(chunk(finish="stop"))
    assert not ends(chunk(content="hi"))
    assert not ends({"choices": []})
    assert not ends({"type": "message_stop"})
