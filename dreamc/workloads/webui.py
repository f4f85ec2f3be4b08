"""Open WebUI: chat in the browser, which talks to the gateway only."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.extras import on_host, workload
from dreamc.workloads.types import Workload

NAME = "open-webui"


def webui(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """It is published where the gateway is."""
    return tuple(workload(stack, extra, mode, bind=stack.gateway.bind) for extra in on_host(stack, host, mode, (NAME,)))
