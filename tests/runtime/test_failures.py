"""Errors as LiteLLM 1.106.2 raises them, and the trigger that each is."""

from __future__ import annotations

import pytest

from dreamc.runtime.failures import broken, trigger


def raised(kind: str, status: int | None, *causes: str, provider: str = "openai") -> Exception:
    """An error of a class of this name, with a chain of causes; the innermost comes last."""
    cause: Exception | None = None
    for name in reversed(causes):
        made = type(name, (Exception,), {})()
        made.__cause__, cause = cause, made
    error: Exception = type(kind, (Exception,), {"status_code": status, "llm_provider": provider})()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (raised("InternalServerError", 500, "OpenAIError", "ConnectError", "ConnectionRefusedError"), "connection"),
        (raised("InternalServerError", 500, "OpenAIError", "ReadError", "ServerDisconnectedError"), "connection"),
        (raised("APIConnectionError", 500, "OllamaError", "ConnectError"), "connection"),
        (raised("APIConnectionError", 500), "connection"),
        (raised("Timeout", 408, "OpenAIError", "Timeout", "ReadTimeout", "SocketTimeoutError"), "timeout"),
        (raised("Timeout", 408, "APITimeoutError", "ReadTimeout"), "timeout"),
        (raised("Timeout", 504, "OpenAIError", "HTTPStatusError"), "server_error"),
        (raised("InternalServerError", 500, "AnthropicError", "MaskedHTTPError", "HTTPStatusError"), "server_error"),
        (raised("APIError", 529, "OpenAIError", "HTTPStatusError"), "server_error"),
        (raised("InternalServerError", 500), "server_error"),
        (raised("RateLimitError", 429, "OpenAIError", "HTTPStatusError"), "rate_limit"),
        (raised("AuthenticationError", 401, "OpenAIError", "HTTPStatusError"), None),
        (raised("NotFoundError", 404, "OpenAIError", "HTTPStatusError"), None),
        (raised("ContextWindowExceededError", 400, "OpenAIError", "HTTPStatusError"), None),
        (raised("BadRequestError", 400, "HTTPStatusError"), None),
        (raised("APIConnectionError", 500, provider="dream"), None),
        (ValueError("no status"), None),
    ],
)  # fmt: skip
def test_the_cause_decides_which_trigger_a_failure_is(error: Exception, kind: str | None) -> None:
    assert trigger(error) == kind


def test_causes_that_go_round_in_a_circle_end() -> None:
    error = raised("InternalServerError", 500)
    error.__cause__ = error

    assert trigger(error) == "server_error"


def test_what_broke_a_stream_is_found_behind_what_became_of_the_next_member() -> None:
    reset = ConnectionError("reset")
    wrapped = raised("MidStreamFallbackError", 503)
    wrapped.original_exception = reset  # type: ignore[attr-defined]
    nobody = raised("RouterRateLimitError", 429)
    nobody.__context__ = wrapped

    assert broken(nobody) is reset
    assert broken(reset) is reset
