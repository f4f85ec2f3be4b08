"""Who may call: the holder of the gateway's key, on the paths of the models, for the aliases and nothing else."""

from __future__ import annotations

import hmac
import os

from .engine import ProxyException, Request, UserAPIKeyAuth
from .state import gateway

PATHS = (
    *("/models", "/chat/completions", "/completions", "/embeddings"),
    *("/messages", "/messages/count_tokens", "/responses"),
)
"""The only paths open to a client, each also under /v1. Everything else, /health and pass-through included, is closed:
/health calls every model, the pass-through routes know no budget."""

INSIDE, LOOPBACK = ("/model/info",), ("127.0.0.1", "::1")
"""Open to the holder of the key inside the gateway's own container, where `dreamc drift` asks; a request through a
published port comes from the bridge, never from here."""


async def check(request: Request, api_key: str | None) -> UserAPIKeyAuth:
    """`general_settings.custom_auth`: 401 for a wrong or missing key, 403 for a closed path."""
    given, path = (api_key or "").removeprefix("Bearer "), request.url.path
    if not _is(given, "DREAM_GATEWAY_KEY"):
        raise ProxyException(message="unknown gateway key", type="auth_error", param="api_key", code=401)
    if path in INSIDE and request.client is not None and request.client.host in LOOPBACK:
        return UserAPIKeyAuth(api_key=given, user_id="operator")
    if not (open_path(path) or mcp_path(request, gateway().policy.mcp_servers)):
        raise ProxyException(message=f"{path} is closed on this gateway", type="auth_error", param=None, code=403)
    return UserAPIKeyAuth(api_key=given, user_id="client", models=list(gateway().policy.aliases))


def open_path(path: str) -> bool:
    return path.removeprefix("/v1") in PATHS


def mcp_path(request: Request, servers: tuple[str, ...]) -> bool:
    """Whether it is /mcp, which offers all servers, or /NAME/mcp for one; LiteLLM rewrites that path before it asks."""
    asked = str(request.scope.get("_original_path") or request.url.path).rstrip("/")
    return bool(servers) and asked in ("/mcp", *(f"/{name}/mcp" for name in servers))


def may_read(authorization: str | None) -> bool:
    """Whether this is the gateway's key or DREAM_READ_KEY, which opens the pages with figures and nothing else."""
    given = (authorization or "").removeprefix("Bearer ")
    return _is(given, "DREAM_GATEWAY_KEY") | _is(given, "DREAM_READ_KEY")


def _is(given: str, name: str) -> bool:
    """Compared in a time that tells nothing of either; a key that is not set is nobody's."""
    expected = os.environ.get(name, "")
    same = hmac.compare_digest(given.encode(errors="replace"), expected.encode())
    return same and bool(expected)
