"""Every back end on every host: a bundle each."""

from __future__ import annotations

import dreamc
from dreamc.artifact.types import Artifact, Bundle, bundle
from dreamc.backends import (
    catalogue,
    compose,
    env,
    folders,
    host_script,
    policy,
    release,
    runbook,
    runtime_files,
    service_files,
    vllm_args,
)
from dreamc.backends.litellm import emit as litellm
from dreamc.backends.types import Backend
from dreamc.stack.types import Stack
from dreamc.workloads.view import views

BACKENDS: tuple[Backend, ...] = (
    Backend("litellm", litellm.emit),
    Backend("catalogue", catalogue.emit),
    Backend("policy", policy.emit),
    Backend("runtime_files", runtime_files.emit),
    Backend("service_files", service_files.emit),
    Backend("vllm_args", vllm_args.emit),
    Backend("folders", folders.emit),
    Backend("env", env.emit),
    Backend("host_script", host_script.emit),
    Backend("runbook", runbook.emit),
)
"""Every back end but compose and release, which run last: services carry digests of the files that these make."""


def emit(stack: Stack) -> tuple[Bundle, ...]:
    """A bundle per host, in the order of the file. ValueError for two files of one path: a bug of the compiler."""
    return tuple(_bundle(view, host) for host, view in views(stack))


def _bundle(stack: Stack, host: str) -> Bundle:
    parts = [(backend.name, backend.emit(stack, host)) for backend in BACKENDS]
    made: tuple[Artifact, ...] = tuple(artifact for _, artifacts in parts for artifact in artifacts)
    parts.append(("compose", compose.emit(stack, host, made)))
    parts.append(("release", release.emit(stack, host, made)))
    facts = {"tool": f"dreamc {dreamc.__version__}", "input_sha256": stack.input_sha256, "stack": stack.name}
    return bundle(host, parts, facts)
