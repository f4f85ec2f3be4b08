"""MCP servers that agents use: a memory, and the whitelist; and the one through which people edit the whitelist."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.extras import on_host, workload
from dreamc.workloads.paths import RUNTIME, WHITELIST
from dreamc.workloads.types import Mount, Workload

WHITELIST_MANAGER = "mcp-whitelist-manager"
WHITELIST_ADMIN = "whitelist-admin"
NAMES = ("mcp-memory", WHITELIST_MANAGER, WHITELIST_ADMIN)

_OWN = (Mount("./config/whitelist.json", WHITELIST, read_only=True), Mount("./config/runtime", RUNTIME, read_only=True))
_FILES = {WHITELIST_MANAGER: _OWN, WHITELIST_ADMIN: _OWN}


def mcp(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """The MCP servers of a host."""
    found = on_host(stack, host, mode, NAMES)
    return tuple(workload(stack, extra, mode, files=_FILES.get(extra.name, ())) for extra in found)
