"""The MCP server `mcp-whitelist-manager`: agents ask it what the whitelist allows. It reads and never writes.

What changes the whitelist is another program, whitelist_admin.py: an agent must not widen what it is held to.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .allowed import Listing, ResourceType, Verdict, WhitelistFile
from .reading import PolicyError

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from starlette.requests import Request
    from starlette.responses import Response

NAME = "mcp-whitelist-manager"
VERSION = "1"
HEALTH = "/healthz"
_INSTRUCTIONS = (
    "Ask check_allowed before you visit a domain, call a cloud API, use an MCP server or send a kind of task to a "
    "cloud. What is not listed is denied. The whitelist cannot be changed from here."
)


def server(file: WhitelistFile) -> MCPServer:
    """The server with its two tools and its health check."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    def check_allowed(resource_type: ResourceType, resource_name: str) -> Verdict:
        """Whether the whitelist allows a resource, and why.

        resource_type: cloud_apis or domains (resource_name is a host name; subdomains of a listed one are allowed),
        mcp_servers (the name of a server), allowed_for_cloud (a kind of task, such as code_review).
        """
        return file.check(resource_type, resource_name)

    def list_allowed(resource_type: ResourceType) -> Listing:
        """Everything of one resource_type that the whitelist allows."""
        return file.listing(resource_type)

    made = MCPServer(NAME, version=VERSION, instructions=_INSTRUCTIONS, log_level="WARNING")
    for tool in (check_allowed, list_allowed):
        reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        made.add_tool(tool, description=inspect.getdoc(tool), annotations=reads)
    add_health(made, file)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is stopped: streamable HTTP at /mcp, or stdio."""
    given = parser(NAME, __doc__, 8766).parse_args(arguments)
    made = server(WhitelistFile(given.whitelist, given.edits))
    if given.stdio:
        made.run("stdio")
    else:
        made.run("streamable-http", host=given.host, port=given.port, stateless_http=True, json_response=True)
    return 0


def add_health(made: MCPServer, file: WhitelistFile) -> None:
    """GET /healthz, which needs no key and says nothing but whether the whitelist can be read."""
    from starlette.responses import PlainTextResponse

    async def health(_request: Request) -> Response:
        """200 while the whitelist can be read, 503 with the reason while everything is denied."""
        try:
            file.read()
        except PolicyError as error:
            return PlainTextResponse(f"{error}\n", 503)
        return PlainTextResponse("ok\n")

    made.custom_route(HEALTH, methods=["GET"])(health)


def parser(name: str, about: str | None, port: int) -> argparse.ArgumentParser:
    """What both programs are started with."""
    made = argparse.ArgumentParser(prog=name, description=about)
    made.add_argument("--whitelist", type=Path, required=True, help="path of whitelist.json, as it was compiled")
    made.add_argument("--edits", type=Path, default=None, help="folder of the edits made since")
    made.add_argument("--host", default="127.0.0.1", help="address to listen on")
    made.add_argument("--port", type=int, default=port, help="TCP port to listen on")
    made.add_argument("--stdio", action="store_true", help="talk over standard input and output instead")
    return made


if __name__ == "__main__":
    sys.exit(main())
