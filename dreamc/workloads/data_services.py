"""Services that keep or turn data: vectors, cache, speech, web search, workflows."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.extras import on_host, workload
from dreamc.workloads.types import Workload

NAMES = ("n8n", "qdrant", "redis", "searxng", "tts", "whisper")


def data_services(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """What of them runs on a host; web search not in local mode. n8n has a port only where the file gives it one."""
    return tuple(_durable(stack, workload(stack, extra, mode)) for extra in on_host(stack, host, mode, NAMES))


def _durable(stack: Stack, made: Workload) -> Workload:
    """A Redis that keeps the ledger answers only when what it was told is on the disk; by default it may lose the last
    two seconds (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/)."""
    if made.service != "redis" or stack.policy.ledger != "redis" or stack.policy.ledger_url is not None:
        return made
    return replace(made, command=(*made.command, "--appendfsync", "always"))
