"""Stack to processes: what runs on which host in which mode, without a word about the platform that runs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from dreamc.stack.types import Mode, Stack
from dreamc.workloads.data_services import data_services
from dreamc.workloads.door import sealed
from dreamc.workloads.gateway import gateway
from dreamc.workloads.mcp import mcp
from dreamc.workloads.ollama import ollama
from dreamc.workloads.relay import relay
from dreamc.workloads.types import Directory, Mount, Workload
from dreamc.workloads.vllm import vllm
from dreamc.workloads.webui import webui

Make = Callable[[Stack, str, Mode], tuple[Workload, ...]]
Plan = Mapping[Mode, tuple[Workload, ...]]
"""What runs on one host, in every compiled mode."""

WORKLOADS: tuple[Make, ...] = (gateway, webui, vllm, ollama, data_services, mcp, relay)


def modes(stack: Stack) -> tuple[Mode, ...]:
    """The modes that are compiled."""
    return tuple(routes.mode for routes in stack.modes)


def plan(stack: Stack, host: str) -> Plan:
    """The workloads of every compiled mode."""
    return {mode: workloads(stack, host, mode) for mode in modes(stack)}


def workloads(stack: Stack, host: str, mode: Mode) -> tuple[Workload, ...]:
    """Everything that runs on a host in a mode. ValueError for two of one name or one port: bugs of the compiler."""
    made = tuple(workload for make in WORKLOADS for workload in make(stack, host, mode))
    found = sealed(stack, mode, made)
    _once("service", [workload.service for workload in found], host)
    _once("port", [str(publish.host_port) for workload in found for publish in workload.publish], host)
    return found


def check_same_mounts(host: str, planned: Plan) -> None:
    """ValueError when a service has other data in one mode than in another: its data would seem lost after a switch."""
    first: dict[str, tuple[Mode, tuple[Mount, ...]]] = {}
    for mode, found in planned.items():
        for workload in found:
            mounts = tuple(mount for mount in workload.mounts if not mount.config)
            before, same = first.setdefault(workload.service, (mode, mounts))
            if same != mounts:
                raise ValueError(f"{host}: {workload.service} has other data in mode {mode} than in mode {before}")


def directories(planned: Plan) -> tuple[Directory, ...]:
    """Directories that must exist before the first start, over all modes, sorted by path."""
    found = (one for several in planned.values() for workload in several for one in workload.directories)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.path))


def _once(what: str, values: list[str], host: str) -> None:
    twice = sorted(value for value, count in Counter(values).items() if count > 1)
    if twice:
        raise ValueError(f"{host}: {what} {', '.join(twice)} is used twice")
