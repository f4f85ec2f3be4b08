"""The MCP server that changes the whitelist: for people with a key, on a port of its own, never for agents.

Over HTTP every request needs the key in DREAM_WHITELIST_ADMIN_KEY; over stdio, who may start the program may edit.
"""

from __future__ import annotations

import getpass
import hmac
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from .allowed import ResourceType, WhitelistFile
from .edits import Change, left
from .edits_file import Reason, edit, read_edits
from .reading import PolicyError
from .whitelist_server import HEALTH, VERSION, add_health, parser

if TYPE_CHECKING:
    from mcp.server import MCPServer

NAME = "whitelist-admin"
KEY = "DREAM_WHITELIST_ADMIN_KEY"
SHORTEST = 16
"""Characters that the key must have."""
_WHY = 500
_INSTRUCTIONS = (
    "Changes what agents and the gateway may reach. Every change needs a reason, is written to the audit and counts "
    "within a second. Changes outlive an apply; take those that shall stay over into dream.yaml."
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Edited(TypedDict):
    done: bool
    reason: str


class Contents(TypedDict):
    cloud_apis: list[str]
    domains: list[str]
    mcp_servers: list[str]
    allowed_for_cloud: dict[str, bool]
    not_in_dream_yaml: list[dict[str, str]]


class Editor:
    """Edits of one whitelist in the name of `who`."""

    def __init__(self, file: WhitelistFile, who: str) -> None:
        self.file, self.who = file, who

    def change(self, change: Change, why: str) -> Edited:
        """Makes the change, or says why not; a broken file or a full disk changes nothing."""
        if self.file.edits is None or not why.strip():
            return Edited(done=False, reason="say why" if self.file.edits else "no folder for edits was given")
        try:
            compiled = self.file.compiled()
            wrong = edit(self.file.edits, compiled, change, Reason(self.who, why.strip()[:_WHY]), _now)
        except PolicyError as error:
            return Edited(done=False, reason=f"nothing was changed: {error}")
        except OSError as error:
            return Edited(done=False, reason=f"nothing was changed: {error.strerror or error}")
        if wrong is not None:
            return Edited(done=False, reason=f"nothing was changed: {wrong}")
        did = "allowed" if change.allowed else "denied"
        return Edited(done=True, reason=f"{change.resource_name!r} is {did} from now on; the audit says so")

    def contents(self) -> Contents:
        """What counts now, and what of it dream.yaml does not say yet. Raises PolicyError."""
        now = self.file.read()
        edits = read_edits(self.file.edits) if self.file.edits is not None else ()
        own = left(self.file.compiled(), edits)
        return Contents(
            cloud_apis=[*now.cloud_domains],
            domains=[*now.domains],
            mcp_servers=[*now.mcp_servers],
            allowed_for_cloud=dict(now.tasks),
            not_in_dream_yaml=[_shown(change) for change in own],
        )


def server(editor: Editor) -> MCPServer:
    """The server with its three tools and its health check."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    def add_to_whitelist(resource_type: ResourceType, resource_name: str, why: str) -> Edited:
        """Allows a resource. A host name allows its subdomains too.

        The first kind of task under allowed_for_cloud denies all others: kinds that are not listed stay local then.
        """
        return editor.change(Change(resource_type, resource_name, allowed=True), why)

    def remove_from_whitelist(resource_type: ResourceType, resource_name: str, why: str) -> Edited:
        """Takes a resource back, also one of the compiled whitelist; it stays denied until it is added again."""
        return editor.change(Change(resource_type, resource_name, allowed=False), why)

    def list_whitelist() -> Contents:
        """Everything that is allowed now, and which of it is not in dream.yaml."""
        return editor.contents()

    made = MCPServer(NAME, version=VERSION, instructions=_INSTRUCTIONS, log_level="WARNING")
    for tool in (add_to_whitelist, remove_from_whitelist, list_whitelist):
        hint = ToolAnnotations(read_only_hint=tool is list_whitelist, destructive_hint=tool is remove_from_whitelist)
        made.add_tool(tool, description=inspect.getdoc(tool), annotations=hint)
    add_health(made, editor.file)
    return made


def keyed(app: App, key: str) -> App:
    """`app` behind the key; only the health check is open."""
    expected = f"Bearer {key}".encode()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        given = next((value for name, value in scope.get("headers", ()) if name == b"authorization"), b"")
        admitted = hmac.compare_digest(bytes(given), expected)
        if scope["type"] == "lifespan" or scope.get("path") == HEALTH or admitted:
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"error": "unknown key"}\n'})

    return guarded


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is stopped: streamable HTTP at /mcp, or stdio. 2 without a folder for edits or without a key."""
    given = parser(NAME, __doc__, 8767).parse_args(arguments)
    if given.edits is None:
        return _refuse("--edits is missing: the folder that keeps the edits")
    file = WhitelistFile(given.whitelist, given.edits)
    if given.stdio:
        server(Editor(file, _user())).run("stdio")
        return 0
    key = os.environ.get(KEY, "")
    if len(key) < SHORTEST:
        return _refuse(f"{KEY} is not set or has less than {SHORTEST} characters")
    _serve(server(Editor(file, f"holder of {KEY}")), key, given.host, given.port)
    return 0


def _serve(made: MCPServer, key: str, host: str, port: int) -> None:
    import uvicorn

    app = made.streamable_http_app(host=host, stateless_http=True, json_response=True)
    uvicorn.run(keyed(app, key), host=host, port=port, log_level="warning")


def _shown(change: Change) -> dict[str, str]:
    did = "allowed" if change.allowed else "denied"
    return {"resource_type": change.resource_type, "resource_name": change.resource_name, "is": did}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _now() -> datetime:
    return datetime.now(UTC)


def _refuse(why: str) -> int:
    sys.stderr.write(f"{NAME}: {why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
