"""In local mode a gateway reaches model servers on other hosts only through these: fixed targets, one each."""

from __future__ import annotations

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.assumptions import RELAY_MEMORY
from dreamc.workloads.images import reference
from dreamc.workloads.reach import Target, bracketed, relay_targets, serves
from dreamc.workloads.types import Workload

NOBODY = "65534:65534"


def relay(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """One relay per server on another host; only in local mode, the others have a way out of their own."""
    if mode != "local" or not serves(stack, mode):
        return ()
    return tuple(_workload(stack, host, target) for target in relay_targets(stack, host))


def _workload(stack: Stack, host: str, target: Target) -> Workload:
    address = bracketed(target.address)
    return Workload(
        service=target.service,
        host=host,
        title=f"Relay to {target.address} port {target.port}",
        image=reference(stack, "socat"),
        entrypoint=("socat",),
        command=(f"TCP-LISTEN:{target.port},fork,reuseaddr", f"TCP:{address}:{target.port}"),
        networks=("inner", "uplink"),
        health=None,
        memory=RELAY_MEMORY,
        user=NOBODY,
        read_only=True,
        stop_grace=5,
    )
