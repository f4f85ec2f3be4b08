"""Things that are served or paid for and that nobody can ask for."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.knowledge.services import service
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every model that is in no chain, capability or tier of a compiled mode, and services that none of these runs."""
    del inputs
    yield from _services(stack)
    used = {name for mode in stack.modes for route in mode.routes for name in route.members}
    routed = any(chain == "routed" for chain in dream.fallbacks.chains.values())
    if routed:
        used |= {name for mode in stack.modes for tier in mode.tiers for name in tier.members}
    for member in stack.members().values():
        if member.name not in used:
            cost = ", and it takes GPU memory" if member.location == "local" else ""
            yield Diagnostic(
                "DRM211",
                member.at,
                f"nobody can ask for '{member.name}'{cost}",
                "in no chain, capability or tier",
                "add it to a chain, a capability or a tier, or set enabled: false",
                on_key=True,
            )


def _services(stack: Stack) -> Iterator[Diagnostic]:
    compiled = {mode.mode for mode in stack.modes}
    for extra in stack.services:
        table = service(extra.name)
        if table is not None and compiled.isdisjoint(table.modes):
            yield Diagnostic(
                "DRM420",
                extra.at,
                f"'{extra.name}' runs in {' and '.join(table.modes)} mode, and neither is compiled",
                "never started",
                "remove it, or add a provider",
                on_key=True,
            )
