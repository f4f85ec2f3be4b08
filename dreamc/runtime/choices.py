"""OpenAI-shaped choices and stream chunks, as objects or as plain JSON, read into answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .answers import Answer


def answer(choice: Any) -> Answer:
    """What one choice says: of a chat, of a text completion, or the piece in one chunk of a stream."""
    said = _said(choice)
    text = _field(said, "content") or _field(said, "refusal") or _field(choice, "text") or ""
    calls = _field(said, "tool_calls") or ()
    arguments = tuple(str(_field(_field(call, "function"), "arguments") or "") for call in calls)
    return Answer(str(text), arguments, _field(choice, "finish_reason"))


def begins(chunk: Any) -> bool:
    """Whether a chunk says something. One of a kind without choices is none of ours and counts as well."""
    choices = _field(chunk, "choices")
    if choices is None:
        return True
    return any(part.text.strip() or part.tool_arguments for part in map(answer, choices))


def ends(chunk: Any) -> bool:
    """Whether a chunk is the last piece of a choice."""
    return any(_field(choice, "finish_reason") for choice in _field(chunk, "choices") or ())


def foreign(chunk: Any) -> bool:
    """Whether a chunk is of a kind without choices, such as those of /v1/messages."""
    return _field(chunk, "choices") is None


def thinks(chunk: Any) -> bool:
    """Whether a chunk holds a piece of the model's reasoning."""
    return any(_field(_said(choice), "reasoning_content") for choice in _field(chunk, "choices") or ())


def joined(chunks: Iterable[Any]) -> tuple[Answer, ...]:
    """The answers that the chunks of a stream add up to, one per choice; one empty answer for none."""
    pieces: dict[int, list[Any]] = {}
    for choice in (choice for chunk in chunks for choice in _field(chunk, "choices") or ()):
        pieces.setdefault(_field(choice, "index") or 0, []).append(choice)
    return tuple(map(_joined_choice, pieces.values())) or (Answer(""),)


def _joined_choice(pieces: list[Any]) -> Answer:
    answers = tuple(map(answer, pieces))
    arguments: dict[int, str] = {}
    for call in (call for piece in pieces for call in _field(_said(piece), "tool_calls") or ()):
        at = _field(call, "index") or 0
        arguments[at] = arguments.get(at, "") + (_field(_field(call, "function"), "arguments") or "")
    finish = next((each.finish for each in reversed(answers) if each.finish), None)
    return Answer("".join(each.text for each in answers), tuple(arguments.values()), finish)


def _said(choice: Any) -> Any:
    return _field(choice, "message") or _field(choice, "delta")


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
