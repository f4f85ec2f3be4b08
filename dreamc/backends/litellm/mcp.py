"""`mcp_servers`: what the gateway offers at /mcp. Who may call it, the policy's `auth` and `door` say."""

from __future__ import annotations

from typing import Any

from dreamc.stack.types import McpServer, Mode, Stack

Value = dict[str, Any]


def mcp_servers(stack: Stack, host: str, mode: Mode) -> Value:
    """Those beside this gateway, and those elsewhere where the mode has a way out."""
    found = (one for one in stack.mcp_servers if one.host == host or (not one.host and mode != "local"))
    return {one.name: _server(one) for one in found}


def _server(one: McpServer) -> Value:
    """Everybody with the gateway's key may use it: grants per key would need a database."""
    made: Value = {"url": one.url, "transport": "http", "allow_all_keys": True}
    if one.allowed:
        made["allowed_tools"] = [name for name in one.allowed if name not in one.disallowed]
    elif one.disallowed:
        made["disallowed_tools"] = list(one.disallowed)
    if one.secret is not None:
        made |= {"auth_type": "bearer_token", "authentication_token": f"os.environ/{one.secret.variable}"}
    return made
