"""No TCP port of a host is given to two servers."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

GATEWAY: Path = ("gateway", "port")
ADMIN = "admin_port"


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every second server on a port, pointing at the first."""
    del inputs
    first: dict[tuple[str, int], tuple[str, Path]] = {}
    for host, port, who, at in _claims(stack, dream):
        other = first.setdefault((host, port), (who, at))
        if other[1] != at:
            written = other[1] != GATEWAY or "port" in dream.gateway.model_fields_set
            related = (Related(other[1], f"{other[0]} listens there"),) if written else ()
            yield Diagnostic(
                "DRM207",
                at,
                f"port {port} of host '{host}' is given to {other[0]}{'' if written else ' by default'} and to {who}",
                "booked twice",
                "choose another port",
                related=related,
            )


def _claims(stack: Stack, dream: Dream) -> Iterator[tuple[str, int, str, Path]]:
    gateway = stack.gateway
    for host in gateway.hosts:
        for number in range(gateway.replicas):
            yield host, gateway.port + number, "the gateway", GATEWAY
    for extra in stack.services:
        if extra.port is not None:
            yield extra.host, extra.port, extra.name, (*extra.at, ADMIN if extra.name == "whitelist-admin" else "port")
    for model in stack.locals:
        spec = dream.models[model.name]
        for instance in model.instances:
            port = spec.port if spec.port and model.engine == "vllm" else None
            if port:
                yield instance.host, port, f"model '{model.name}'", (*model.at, "port")
