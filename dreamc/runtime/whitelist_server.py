"""The MCP server `mcp-whitelist-manager`: agents ask it what the whitelist allows. It reads and never writes."""

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
    _add_health(made, file)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is stopped: streamable HTTP at /mcp, or stdio."""
    given = _parser().parse_args(arguments)
    made = server(WhitelistFile(given.whitelist))
    if given.stdio:
        made.run("stdio")
    else:
        made.run("streamable-http", host=given.host, port=given.port, stateless_http=True, json_response=True)
    return 0


def _add_health(made: MCPServer, file: WhitelistFile) -> None:
    from starlette.responses import PlainTextResponse

    async def health(_request: Request) -> Response:
        """200 while the whitelist can be read, 503 with the reason while everything is denied."""
        try:
            file.read()
        except PolicyError as error:
            return PlainTextResponse(f"{error}\n", 503)
        return PlainTextResponse("ok\n")

    made.custom_route(HEALTH, methods=["GET"])(health)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--whitelist", type=Path, required=True, help="path of whitelist.json")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8766, help="TCP port to listen on")
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
