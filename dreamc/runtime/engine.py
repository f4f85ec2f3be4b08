"""The only place that imports LiteLLM and FastAPI. Typed here by what this package uses of them."""

# mypy: disable-error-code="no-any-return"
# LiteLLM is not followed by the type checker; what it returns is named by the signatures below.

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

__all__ = ["CustomGuardrail", "CustomLogger", "HTTPException", "ProxyException", "Request", "UserAPIKeyAuth"]
__all__ += ["next_member_error", "plain_guardrail", "router"]

if TYPE_CHECKING:

    class CustomLogger:
        """litellm.integrations.custom_logger: a hook must be defined on the leaf class, or it is not called."""

    class CustomGuardrail(CustomLogger):
        """litellm.integrations.custom_guardrail: what it raises after a call is not swallowed."""

        def __init__(self, **settings: object) -> None: ...

    class HTTPException(Exception):
        """fastapi"""

        def __init__(self, status_code: int, detail: object) -> None: ...

    class ProxyException(Exception):
        """litellm.proxy._types"""

        def __init__(self, message: str, type: str, param: str | None, code: int) -> None: ...

    class Url(Protocol):
        path: str

    class Request(Protocol):
        """fastapi"""

        url: Url

    class UserAPIKeyAuth:
        """litellm.proxy._types"""

        def __init__(self, **fields: object) -> None: ...

else:
    from fastapi import HTTPException, Request
    from litellm.integrations.custom_guardrail import CustomGuardrail
    from litellm.integrations.custom_logger import CustomLogger
    from litellm.proxy._types import ProxyException, UserAPIKeyAuth


class Router(Protocol):
    async def acompletion(self, **body: object) -> AsyncIterator[object]: ...


def next_member_error(message: str, model: str) -> Exception:
    """An error after which LiteLLM tries the next member and does not cool this one down.

    Cooldown ignores every error that calls itself APIConnectionError (LiteLLM 1.106.2
    router_utils/cooldown_handlers.py:237): one rejected answer is no reason to close a model for everybody.
    """
    import litellm

    return litellm.APIConnectionError(message=message, llm_provider="dream", model=model)


def plain_guardrail(name: str) -> dict[str, object]:
    """Settings of a guardrail that LiteLLM never runs as one; only its deployment hooks are called."""
    from litellm.types.guardrails import GuardrailEventHooks

    return {"guardrail_name": name, "event_hook": GuardrailEventHooks.pre_call, "default_on": False}


def router() -> Router:
    """The router of the running proxy."""
    from litellm.proxy import proxy_server

    return proxy_server.llm_router
