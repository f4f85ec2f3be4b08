"""MCP servers that agents use: a memory, and the whitelist."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.extras import on_host, workload
from dreamc.workloads.paths import RUNTIME, WHITELIST
from dreamc.workloads.types import Mount, Workload

WHITELIST_MANAGER = "mcp-whitelist-manager"
NAMES = ("mcp-memory", WHITELIST_MANAGER)

_FILES = {
    WHITELIST_MANAGER: (
        Mount("./config/whitelist.json", WHITELIST, read_only=True),
        Mount("./config/runtime", RUNTIME, read_only=True),
    )
}


def mcp(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """The MCP servers of a host."""
    found = on_host(stack, host, mode, NAMES)
    return tuple(workload(stack, extra, mode, files=_FILES.get(extra.name, ())) for extra in found)
