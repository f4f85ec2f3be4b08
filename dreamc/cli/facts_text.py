"""Facts of hosts as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from dreamc.cli.hardware import name_of
from dreamc.provision.show.text import Paint
from dreamc.provision.show.words import size
from dreamc.provision.types import HostFacts

LONG = ("release_json", "manifest", "env", "weights")
"""What nobody reads, digests of secrets, and what was not asked."""


def value(facts: HostFacts) -> dict[str, Any]:
    """All facts but the long ones; of `.env` the names."""
    found: dict[str, Any] = msgspec.to_builtins(facts)
    for gpu, seen in zip(found["gpus"], facts.gpus, strict=True):
        gpu["card"] = name_of(seen)
    shown = {key: one for key, one in found.items() if key not in LONG}
    return {**shown, "variables": [name for name, _ in facts.env]}


def text(hosts: tuple[HostFacts, ...], paint: Paint) -> str:
    """One paragraph per host."""
    return "\n".join("".join(f"{line.rstrip()}\n" for line in _host(one, paint)) for one in hosts)


def _host(facts: HostFacts, paint: Paint) -> Iterator[str]:
    system = ", ".join(part for part in (facts.os, facts.kernel and f"kernel {facts.kernel}") if part)
    yield f"{paint('bold', facts.host)}  {system or 'unknown system'}, {facts.architecture}"
    yield f"  user     {facts.user or 'unknown'}{_rights(facts)}"
    yield f"  memory   {size(facts.ram) if facts.ram else 'unknown'}"
    for disk in facts.disks:
        yield f"  disk     {size(disk.free)} of {size(disk.total)} free for {disk.path}"
    yield from _gpus(facts, paint)
    yield f"  docker   {_docker(facts)}"
    there = f"{facts.release} in {facts.mode or 'no recorded'} mode" if facts.release else "none"
    yield f"  release  {there}{f', {len(facts.releases)} kept' if facts.releases else ''}"
    for one in facts.containers:
        words = ", ".join(part for part in (one.state, one.health) if part)
        yield f"  service  {one.service}: {words}, {one.image}"
    if facts.lock:
        yield f"  locked   by {facts.lock.who} since {facts.lock.since}: {facts.lock.why}"


def _gpus(facts: HostFacts, paint: Paint) -> Iterator[str]:
    for gpu in facts.gpus:
        known = name_of(gpu)
        named = f"hardware: {known}" if known else paint("yellow", "not in the table of GPUs")
        told = f"compute {gpu.capability or 'unknown'}, driver {gpu.driver or 'unknown'}{', MIG' * gpu.mig}"
        memory = size(gpu.memory) if gpu.memory else "shared memory"
        yield f"  GPU {gpu.index}    {gpu.name}, {memory}, {size(gpu.used)} used, {told}; {named}"
    if not facts.gpus:
        yield f"  GPU      none{f': {facts.gpu_problem}' if facts.gpu_problem else ''}"
    elif not facts.toolkit:
        yield f"           {paint('yellow', 'no NVIDIA Container Toolkit: containers cannot reach the GPUs')}"


def _rights(facts: HostFacts) -> str:
    if facts.uid == 0:
        return ""
    return f" ({', '.join(facts.groups)})" if facts.groups else ""


def _docker(facts: HostFacts) -> str:
    if facts.engine_problem:
        return facts.engine_problem
    return f"{facts.engine}, compose {facts.compose or 'missing'}"
