"""In local mode ports are published by doors: what is behind them has no route out of the project at all.

A bridge without masquerading still forwards packets that leave a container, only the answers do not come back: a name
or a datagram would get out. A door forwards one port to one service and holds no key and no data.

Model servers, which never ask anybody, stand behind doors in every mode: they are the same service in local and hybrid
mode then, and a switch does not load their weights again.

What is kept from the inner network has no door, which would lead there: it stands on the sealed network itself.
"""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.assumptions import RELAY_MEMORY
from dreamc.workloads.images import reference
from dreamc.workloads.relay import NOBODY
from dreamc.workloads.types import Publish, Workload


def sealed(stack: Stack, mode: Mode, found: tuple[Workload, ...]) -> tuple[Workload, ...]:
    """The same workloads; in local mode, and for model servers always, those with a port stand on the inner network
    only, each behind its doors."""
    behind = (_behind_doors(stack, one) if mode == "local" or one.serves_models else (one,) for one in found)
    return tuple(workload for several in behind for workload in several)


def _behind_doors(stack: Stack, workload: Workload) -> tuple[Workload, ...]:
    if not workload.publish or "inner" not in workload.networks:
        return (workload,)
    inside = replace(workload, publish=(), networks=("inner",))
    return (inside, *(_door(stack, workload, publish) for publish in workload.publish))


def _door(stack: Stack, workload: Workload, publish: Publish) -> Workload:
    return Workload(
        service=f"door-{workload.service}",
        host=workload.host,
        title=f"Door to {workload.service}",
        image=reference(stack, "socat"),
        entrypoint=("socat",),
        command=(f"TCP-LISTEN:{publish.port},fork,reuseaddr", f"TCP:{workload.service}:{publish.port}"),
        networks=("inner", "sealed"),
        publish=(publish,),
        health=None,
        memory=RELAY_MEMORY,
        user=NOBODY,
        read_only=True,
        stop_grace=5,
    )
