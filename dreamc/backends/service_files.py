"""config/<service>/*: configuration files of services beside the models, with the text of the service table."""

from __future__ import annotations

from dreamc.artifact.types import Artifact
from dreamc.backends.header import header
from dreamc.stack.types import Stack
from dreamc.workloads.extras import configuration, row


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """One file per entry of `files` of each service of the host."""
    made = []
    for extra in (one for one in stack.services if one.host == host):
        table = row(extra)
        for mount in configuration(extra.name, table):
            text = f"# {header(stack)}\n{table.files[mount.target]}"
            made.append(Artifact(mount.source.removeprefix("./"), text))
    return tuple(made)
