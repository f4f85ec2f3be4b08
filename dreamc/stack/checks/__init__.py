"""What can be wrong with a stack that is whole: each check looks at one thing and names the exact place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.checks import (
    chains,
    cloud_models,
    costs,
    engine_args,
    exposure,
    gateways,
    hosts,
    images,
    kept,
    mcp,
    modes,
    money,
    own_checks,
    pending,
    pins,
    ports,
    sizes,
    tiers,
    unused,
    usage,
    whitelist,
)
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

Check = Callable[[Stack, Dream, Inputs], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    modes.check,
    ports.check,
    unused.check,
    tiers.check,
    chains.check,
    money.check,
    cloud_models.check,
    whitelist.check,
    kept.check,
    mcp.check,
    exposure.check,
    gateways.check,
    engine_args.check,
    images.check,
    sizes.check,
    hosts.check,
    pending.check,
    pins.check,
    own_checks.check,
    usage.check,
    costs.check,
)


def check(stack: Stack, dream: Dream, inputs: Inputs) -> tuple[Diagnostic, ...]:
    """All findings of all checks."""
    return tuple(finding for one in CHECKS for finding in one(stack, dream, inputs))
