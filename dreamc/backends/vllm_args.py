"""config/vllm/<model>.args: the command line of each vLLM server, one argument a line, the model first."""

from __future__ import annotations

from dreamc.artifact.types import Artifact
from dreamc.stack.types import Stack
from dreamc.workloads.vllm import on_host
from dreamc.workloads.vllm_arguments import arguments


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """One file per model of the host, named after its first server; replicas share it."""
    made: dict[str, Artifact] = {}
    for local, instance in sorted(on_host(stack, host), key=lambda pair: pair[1].number):
        name = instance.service.removeprefix("vllm-")
        text = "".join(f"{word}\n" for word in arguments(stack, local))
        made.setdefault(local.name, Artifact(f"config/vllm/{name}.args", text))
    return tuple(made.values())
