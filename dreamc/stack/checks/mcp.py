"""MCP servers of the gateway: shut out by the whitelist, of one name, with tools that contradict."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.mcp import named
from dreamc.stack.types import McpServer, Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every server that the file names."""
    del inputs
    first: dict[str, McpServer] = {}
    offered = {one.name for one in stack.mcp_servers}
    for one in named(dream, stack.services):
        other = first.setdefault(one.name, one)
        if other is not one:
            yield _twice(other, one)
        elif one.name not in offered:
            yield _shut_out(one)
        yield from _tools(one)


def _twice(other: McpServer, one: McpServer) -> Diagnostic:
    return Diagnostic(
        "DRM427",
        one.at,
        f"the gateway offers two MCP servers as '{one.name}'",
        "the same name again",
        "give it another name",
        on_key=True,
        related=(Related(other.at, f"offered as '{one.name}' too", on_key=True),),
    )


def _shut_out(one: McpServer) -> Diagnostic:
    return Diagnostic(
        "DRM426",
        one.at,
        f"the whitelist does not allow the MCP server '{one.name}', so the gateway does not offer it",
        "shut out",
        f"add {one.name} to `whitelist: mcp_servers:`",
        on_key=True,
        related=(Related(("whitelist",), "not listed here", on_key=True),),
    )


def _tools(one: McpServer) -> Iterator[Diagnostic]:
    at: Path = (*one.at, "disallowed_tools")
    both = [name for name in one.disallowed if name in one.allowed]
    if both and len(both) == len(one.allowed):
        yield Diagnostic("DRM427", at, f"no tool of '{one.name}' is left to offer", "takes all away", "remove some")
    elif both and one.host == "":
        message = f"'{both[0]}' of '{one.name}' is allowed and not allowed"
        yield Diagnostic("DRM427", at, message, "contradicts allowed_tools", "remove it from one of the two")
