"""Where answers are kept: a Redis that was asked for must be beside a gateway."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """The backend against the services."""
    del inputs
    redis = stack.service("redis")
    beside = redis is not None and redis.host in stack.gateway.hosts
    if dream.routing.cache is not None and dream.routing.cache.backend == "redis" and not beside:
        yield Diagnostic(
            "DRM428",
            ("routing", "cache", "backend"),
            "answers are to be kept in Redis, and none runs beside the gateway",
            "no Redis there",
            "write services: {redis: {}}, or backend: memory",
        )
