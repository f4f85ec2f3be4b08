"""Services that keep or turn data: vectors, cache, speech, web search, workflows."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.extras import on_host, workload
from dreamc.workloads.types import Workload

NAMES = ("n8n", "qdrant", "redis", "searxng", "tts", "whisper")


def data_services(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """What of them runs on a host; web search not in local mode. n8n has a port only where the file gives it one."""
    return tuple(workload(stack, extra, mode) for extra in on_host(stack, host, mode, NAMES))
