"""What is wrong with an answer that came with status 200: empty, or not in the form that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice: its text, the arguments of its tool calls (JSON texts), and why the model stopped."""

    text: str
    tool_arguments: tuple[str, ...] = ()
    finish: str | None = None


WINDOW = "ContextWindowExceededError"
OF_THE_MEMBER = (WINDOW, "ContentPolicyViolationError")
_MALFORMED = (400, 413, 422)
_LACKS = (
    "credit balance is too low",  # Anthropic (anthropics/claude-code#66314)
    "billing_hard_limit_reached",  # OpenAI
    "billing hard limit has been reached",
    "user location is not supported",  # Gemini
    "does not support tools",  # Ollama, a model without a template for them
    "does not support thinking",
    "--enable-auto-tool-choice",  # vLLM (vllm-project/vllm#9986)
    "is not a multimodal model",  # vLLM
)
"""What a status 400 says, in small letters, where the member lacks something that another one may have."""


def fault(answers: tuple[Answer, ...], triggers: tuple[str, ...], wants_json: bool) -> str | None:
    """Why the answers send the request to the next member; None if they may stand.

    An answer that reached the caller's own token limit may be empty or cut: another member would be cut as well.
    """
    whole = tuple(answer for answer in answers if answer.finish != "length")
    if len(whole) < len(answers):
        return None
    if "empty" in triggers and not any(_says_something(answer) for answer in whole):
        return "empty answer"
    if "invalid" not in triggers:
        return None
    if any(not _is_json(arguments) for answer in whole for arguments in answer.tool_arguments if arguments):
        return "tool call with arguments that are not JSON"
    if wants_json and any(not answer.tool_arguments and not _is_json(answer.text) for answer in whole):
        return "not the JSON that was asked for"
    return None


def wants_json(body: Mapping[str, object]) -> bool:
    """Whether an OpenAI chat request asks for JSON."""
    wanted = body.get("response_format")
    return isinstance(wanted, Mapping) and wanted.get("type") in ("json_object", "json_schema")


def bad_request(error: Exception) -> int | None:
    """The status, where a member says that the request itself is wrong: whoever is asked next would say so as well.

    None for what only this member cannot do. A prompt may fit another's window, and a name that it does not know
    (status 404) is never the client's: the policy chose it.
    """
    status = getattr(error, "status_code", None)
    if status not in _MALFORMED or type(error).__name__ in OF_THE_MEMBER:
        return None
    said = str(error).lower()
    return None if any(words in said for words in _LACKS) else status


def too_long(error: Exception) -> bool:
    """Whether a member says that the prompt does not fit its window."""
    return type(error).__name__ == WINDOW


def _says_something(answer: Answer) -> bool:
    return bool(answer.text.strip() or answer.tool_arguments)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
