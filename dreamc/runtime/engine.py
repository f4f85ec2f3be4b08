"""The only place that imports LiteLLM and FastAPI. Typed here by what this package uses of them."""

# mypy: disable-error-code="no-any-return"
# LiteLLM is not followed by the type checker; what it returns is named by the signatures below.

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

__all__ = ["CustomGuardrail", "CustomLogger", "HTTPException", "ProxyException", "Request", "Response"]
__all__ += ["UserAPIKeyAuth", "add_page", "close_missing", "count", "is_ours", "next_member_error"]
__all__ += ["plain_guardrail", "router", "window_error", "wrap"]

_LOG = logging.getLogger("dream.gateway")

if TYPE_CHECKING:
    from .bodies import App

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

    class Client(Protocol):
        host: str

    class Request(Protocol):
        """fastapi"""

        url: Url
        client: Client | None
        scope: Mapping[str, object]
        headers: Mapping[str, str]

    class Response:
        """fastapi"""

        def __init__(
            self, content: str | bytes, status_code: int, headers: Mapping[str, str], media_type: str
        ) -> None: ...

    class UserAPIKeyAuth:
        """litellm.proxy._types"""

        def __init__(self, **fields: object) -> None: ...

else:
    from fastapi import HTTPException, Request, Response
    from litellm.integrations.custom_guardrail import CustomGuardrail
    from litellm.integrations.custom_logger import CustomLogger
    from litellm.proxy._types import ProxyException, UserAPIKeyAuth


_TRIED = ("litellm.integrations.otel.logger", "litellm_enterprise")
"""Modules that need packages which most gateways have not: OpenTelemetry's SDK, and LiteLLM's paid edition."""


class Router(Protocol):
    async def acompletion(self, **body: object) -> AsyncIterator[object]: ...


def next_member_error(message: str, model: str) -> Exception:
    """An error after which LiteLLM tries the next member and does not cool this one down.

    Cooldown ignores every error that calls itself APIConnectionError (LiteLLM 1.106.2
    router_utils/cooldown_handlers.py:237): one rejected answer is no reason to close a model for everybody.
    """
    import litellm

    return litellm.APIConnectionError(message=message, llm_provider="dream", model=model)


def window_error(message: str, model: str) -> Exception:
    """An error after which LiteLLM asks those that `context_window_fallbacks` names."""
    import litellm

    return litellm.ContextWindowExceededError(message=message, model=model, llm_provider="")


async def count(**given: object) -> int | None:
    """Tokens of `messages` and `tools`, or of `text`, as LiteLLM counts them, in a thread; None where it cannot."""
    import litellm

    try:
        return await asyncio.to_thread(litellm.token_counter, **given)
    except Exception as error:  # noqa: BLE001 - a prompt that cannot be counted is the model's to refuse
        _LOG.warning("a prompt could not be counted: %s", type(error).__name__)
        return None


def is_ours(error: object) -> bool:
    """Whether an error is one of `next_member_error`."""
    return getattr(error, "llm_provider", None) == "dream"


def plain_guardrail(name: str) -> dict[str, object]:
    """Settings of a guardrail that LiteLLM never runs as one; only its deployment hooks are called."""
    from litellm.types.guardrails import GuardrailEventHooks

    return {"guardrail_name": name, "event_hook": GuardrailEventHooks.pre_call, "default_on": False}


def router() -> Router:
    """The router of the running proxy."""
    from litellm.proxy import proxy_server

    return proxy_server.llm_router


def close_missing() -> None:
    """Says once which modules cannot be imported here. LiteLLM tries with every request, and each time Python searches
    the disk and runs one of them again (LiteLLM 1.106.2 proxy/auth/user_api_key_auth.py:3506, route_checks.py:85)."""
    for name in _TRIED:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = None  # type: ignore[assignment]


def add_page(path: str, page: Callable[[Request], Response]) -> None:
    """Adds GET `path` to the running proxy. `page` runs in a thread, and must ask for the key itself.

    LiteLLM would ask for an administrator before /metrics, and knows none without a database (LiteLLM 1.106.2
    proxy/middleware/prometheus_auth_middleware.py).
    """
    import litellm
    from litellm.proxy import proxy_server

    async def answer(request: Request) -> Response:
        return await asyncio.to_thread(page, request)

    answer.__annotations__ = {"request": Request, "return": Response}
    if path == "/metrics":
        litellm.require_auth_for_metrics_endpoint = False
    proxy_server.app.add_api_route(path, answer, methods=["GET"], include_in_schema=False)


def wrap(around: Callable[[App], App]) -> None:
    """Puts an ASGI application around the whole proxy. Only at its start-up: Starlette has built its stack by then, and
    takes no middleware any more."""
    from litellm.proxy import proxy_server

    proxy_server.app.middleware_stack = around(proxy_server.app.middleware_stack)
