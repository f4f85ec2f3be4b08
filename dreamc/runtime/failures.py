"""Which trigger a member's failure is, so that the policy can say whether the request goes on to the next member."""

from __future__ import annotations

from collections.abc import Iterator

OURS = "dream"
"""What our own refusals give as the provider; they are nobody's failure."""
STATUS = {"timeout": 504, "connection": 502, "server_error": 502, "rate_limit": 429}
"""What a client is told of a failure after which nobody else is asked."""
_UNREACHED = ("ConnectError", "ReadError", "WriteError", "RemoteProtocolError", "APIConnectionError")


def trigger(error: Exception) -> str | None:
    """One of timeout, connection, server_error, rate_limit.

    None for what always goes on: a wrong key, a model that is not there, a window too small, a refusal of our own.
    LiteLLM makes many errors into one class (a refused connection is an InternalServerError or an APIConnectionError,
    a status 504 a Timeout; 1.106.2 litellm_core_utils/exception_mapping_utils.py), so the causes decide.
    """
    if getattr(error, "llm_provider", None) == OURS:
        return None
    status, names = getattr(error, "status_code", None), tuple(type(each).__name__ for each in _causes(error))
    if status == 429:
        return "rate_limit"
    failed = isinstance(status, int) and status >= 500
    if "HTTPStatusError" in names:
        return "server_error" if failed else "timeout" if status == 408 else None
    if any("Timeout" in name for name in names):
        return "timeout"
    if any(name in _UNREACHED for name in names):
        return "connection"
    return "server_error" if failed else None


def broken(error: Exception) -> Exception:
    """What broke a stream. LiteLLM wraps it, asks the next member, and raises what became of that (LiteLLM 1.106.2
    router.py:3116)."""
    found = (getattr(each, "original_exception", None) for each in _causes(error))
    return next((each for each in found if isinstance(each, Exception)), error)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
