"""Which MCP servers the gateways offer: those that run beside them, and those that the file says are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dreamc.knowledge.services import service
from dreamc.spec.dream import Dream
from dreamc.stack.clouds import secret
from dreamc.stack.types import Extra, McpServer

OFFERED_AS: Mapping[str, str] = MappingProxyType({"mcp-memory": "memory", "mcp-whitelist-manager": "whitelist"})
"""The name at the gateway of the services that speak MCP."""
ASKED_BY_ALL = "whitelist"
"""It says what is allowed, and is offered under every whitelist."""


def named(dream: Dream, services: tuple[Extra, ...]) -> Iterator[McpServer]:
    """Every server that the file names, whatever the whitelist says. Tools of a service are the file's, else the
    table's."""
    for extra in services:
        if (name := OFFERED_AS.get(extra.name)) is not None:
            yield _beside(name, extra)
    for name, spec in dream.gateway.mcp_servers.items():
        variable = f"MCP_{name.upper()}_KEY"
        key = None if spec.key is None else secret(spec.key, variable, f"token for the MCP server {name}")
        at = ("gateway", "mcp_servers", name)
        yield McpServer(name, spec.url, "", spec.allowed_tools, spec.disallowed_tools, key, at)


def offered(dream: Dream, services: tuple[Extra, ...]) -> tuple[McpServer, ...]:
    """Those that the whitelist allows; all of them without one."""
    allowed = None if dream.whitelist is None else (*dream.whitelist.mcp_servers, ASKED_BY_ALL)
    return tuple(one for one in named(dream, services) if allowed is None or one.name in allowed)


def _beside(name: str, extra: Extra) -> McpServer:
    table = service(extra.name)
    if table is None:
        raise KeyError(extra.name)
    own = dict(extra.options)
    tools = {key: tuple(map(str, given)) for key, given in own.items() if isinstance(given, (list, tuple))}
    allowed = tools.get("allowed_tools") or table.mcp_tools
    url = f"http://{extra.name}:{table.port}/mcp"
    return McpServer(name, url, extra.host, allowed, tools.get("disallowed_tools", ()), None, extra.at)
