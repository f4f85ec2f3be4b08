"""config/directories: what must exist on the host before the first start, one line `MODE UID GID PATH` each."""

from __future__ import annotations

from dreamc.artifact.types import Artifact
from dreamc.backends.header import header
from dreamc.stack.types import Stack
from dreamc.workloads import directories, plan

PATH = "config/directories"


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """Docker would make a missing directory itself, owned by root; a container with another user could not write."""
    lines = [f"{one.mode} {one.uid} {one.gid} {one.path}" for one in directories(plan(stack, host))]
    return (Artifact(PATH, "\n".join((f"# {header(stack)}", *lines)) + "\n"),)
