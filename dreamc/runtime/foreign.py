"""MCP servers that a provider would call for a client: a way round the whitelist, and closed under one. Pure."""

from __future__ import annotations

from collections.abc import Mapping

OWN = "litellm_proxy"
"""The gateway's own MCP servers, which it calls itself (LiteLLM 1.106.2 responses/mcp/litellm_proxy_mcp_handler.py)."""


def foreign_mcp(body: Mapping[str, object]) -> str | None:
    """Why a body may not pass: a tool of type `mcp` (OpenAI), or `mcp_servers` (Anthropic). None where it has neither.

    They are named by URLs of the client's own, so no name in a whitelist says anything about them.
    """
    if body.get("mcp_servers"):
        return "mcp_servers in a request are not whitelisted; the gateway offers its own at /mcp"
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, Mapping) and str(tool.get("type")).lower() == "mcp" and not _own(tool):
            return "tools of type mcp are not whitelisted; the gateway offers its own MCP servers at /mcp"
    return None


def _own(tool: Mapping[str, object]) -> bool:
    url = tool.get("server_url")
    return isinstance(url, str) and (url == OWN or url.startswith(f"{OWN}/"))
