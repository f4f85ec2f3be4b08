"""How a service's files are fetched where only local mode is compiled: none of its own containers has a way out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from dreamc.backends.compose import project_name
from dreamc.knowledge.services import service
from dreamc.stack.types import Stack
from dreamc.workloads.types import Workload


def fetch_lines(stack: Stack, workload: Workload) -> Iterator[str]:
    """Commands for a shell of the host: the same image with the same data, on Docker's default network for once."""
    name = f"{project_name(stack)}-fetch-{workload.service}"
    for one in workload.directories:
        yield f"sudo install -d -m {one.mode} -o {one.uid} -g {one.gid} {one.path}"
    yield shlex.join(("docker", "run", "--detach", "--rm", "--name", name, *_options(workload), *_process(workload)))
    if workload.health is not None:
        yield f"until docker exec {name} {shlex.join(workload.health.test[1:])}; do sleep 5; done"
    yield f"docker exec {name} {shlex.join(workload.prepare)}"
    yield f"docker stop {name}"


def _options(workload: Workload) -> Iterator[str]:
    if workload.user:
        yield from ("--user", workload.user)
    for mount in workload.mounts:
        if not mount.config:
            yield from ("--volume", f"{mount.source}:{mount.target}")
    table = service(workload.service)
    offline = table.environment_local if table else {}
    for key, value in workload.environment:
        if key not in offline:
            yield from ("--env", f"{key}={value}")


def _process(workload: Workload) -> tuple[str, ...]:
    entrypoint, *rest = workload.entrypoint or ("",)
    own = ("--entrypoint", entrypoint) if entrypoint else ()
    return (*own, workload.image, *rest, *workload.command)
