"""config/runtime/dream_runtime/: the policy that runs in the gateway's container, as it is in this package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from dreamc.artifact.types import Artifact
from dreamc.stack.types import Stack
from dreamc.workloads.mcp import WHITELIST_MANAGER

BESIDE = "config/runtime"
"""On the gateway's PYTHONPATH; the user's own checks of answers lie here."""
FOLDER = f"{BESIDE}/dream_runtime"


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """On hosts where something imports it."""
    wanted = host in stack.gateway.hosts or any(
        one.host == host and one.name == WHITELIST_MANAGER for one in stack.services
    )
    own = tuple(Artifact(f"{BESIDE}/{path}", text) for path, text in stack.own_checks)
    return (*_modules(), *(own if host in stack.gateway.hosts else ())) if wanted else ()


@cache
def _modules() -> tuple[Artifact, ...]:
    found = [entry for entry in files("dreamc.runtime").iterdir() if entry.name.endswith((".py", ".html"))]
    ordered = sorted(found, key=lambda entry: entry.name)
    return tuple(Artifact(f"{FOLDER}/{entry.name}", entry.read_text(encoding="utf-8")) for entry in ordered)
