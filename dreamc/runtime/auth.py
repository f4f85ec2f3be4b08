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


async def check(request: Request, api_key: str | None) -> UserAPIKeyAuth:
    """`general_settings.custom_auth`: 401 for a wrong or missing key, 403 for a closed path."""
    expected = os.environ.get("DREAM_GATEWAY_KEY", "")
    given = (api_key or "").removeprefix("Bearer ")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ProxyException(message="unknown gateway key", type="auth_error", param="api_key", code=401)
    path = request.url.path
    if not open_path(path):
        raise ProxyException(message=f"{path} is closed on this gateway", type="auth_error", param=None, code=403)
    return UserAPIKeyAuth(api_key=given, user_id="client", models=list(gateway().policy.aliases))


def open_path(path: str) -> bool:
    return path.removeprefix("/v1") in PATHS
