"""An answer may stand, or it sends the request on: empty, or not in the form asked for."""

from __future__ import annotations

import pytest

from dreamc.runtime.answers import Answer, bad_request, fault, wants_json

BOTH = ("empty", "invalid")


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_answer_sends_the_request_on(text: str) -> None:
    assert fault((Answer(text),), BOTH, wants_json=False) == "empty answer"


@pytest.mark.parametrize(
    "answer", [Answer("hi"), Answer("", ('{"a": 1}',)), Answer("", ("",)), Answer("", finish="length")]
)
def test_words_tool_calls_and_the_callers_own_limit_stand(answer: Answer) -> None:
    assert fault((answer,), BOTH, wants_json=False) is None


def test_one_of_several_choices_is_enough() -> None:
    assert fault((Answer(""), Answer("hi")), BOTH, wants_json=False) is None


def test_text_where_json_was_asked_for_sends_the_request_on() -> None:
    assert fault((Answer("Sure! {}"),), BOTH, wants_json=True) == "not the JSON that was asked for"
    assert fault((Answer('{"a": [1]}'),), BOTH, wants_json=True) is None
    assert fault((Answer("[" * 100_000),), BOTH, wants_json=True) == "not the JSON that was asked for"


def test_a_tool_call_that_is_no_json_sends_the_request_on() -> None:
    assert fault((Answer("", ('{"a": ',)),), BOTH, wants_json=False) == "tool call with arguments that are not JSON"


def test_only_the_triggers_that_are_asked_for_count() -> None:
    assert fault((Answer(""),), ("timeout", "invalid"), wants_json=False) is None
    assert fault((Answer("x"),), ("empty",), wants_json=True) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"response_format": {"type": "json_object"}}, True),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, True),
        ({"response_format": {"type": "text"}}, False),
        ({"response_format": "json"}, False),
        ({}, False),
    ],
)
def test_json_is_asked_for_by_response_format(body: dict[str, object], *, expected: bool) -> None:
    assert wants_json(body) is expected


class Refused(Exception):
    """As LiteLLM raises them: told apart by their status and their name."""

    def __init__(self, status_code: int, said: str = "no") -> None:
        super().__init__(said)
        self.status_code = status_code


class ContextWindowExceededError(Refused):
    pass


class ContentPolicyViolationError(Refused):
    pass


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_a_member_calls_malformed_is_one(status: int) -> None:
    assert bad_request(Refused(status)) == status


@pytest.mark.parametrize(
    "error",
    [
        *(Refused(status) for status in (401, 403, 404, 408, 429, 500, 503)),
        ContextWindowExceededError(400),
        ContentPolicyViolationError(400),
        TimeoutError(),
        Refused(400, "AnthropicException - Your credit balance is too low to access the Anthropic API."),
        Refused(400, "registry.ollama.ai/library/gemma3:4b does not support tools"),
        Refused(400, "GLM-5.2 is not a multimodal model"),
    ],
)
def test_what_is_the_members_own_limit_is_no_bad_request(error: Exception) -> None:
    assert bad_request(error) is None
