"""The tiers of the policy: each can be reached, has a model, and its conditions end somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Bound, Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Empty and unreachable tiers, bounds out of order, loops of `else`."""
    del inputs
    if "routed" in dream.fallbacks.chains.values():
        yield from _empty(stack)
        yield from _unreachable(stack)
    else:
        yield from _idle(stack, dream)
    yield from _order(stack, dream)
    yield from _end(stack, dream)
    yield from _loops(stack)


def _idle(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    """Who is asked is decided by the chains alone, whatever `routing` says."""
    keys = ("actions", "complexity", "cloud_from", "tiers") if stack.locals and stack.clouds else ("actions", "tiers")
    said = [key for key in keys if getattr(dream.routing, key)]
    if said:
        yield Diagnostic(
            "DRM422",
            ("routing", said[0]),
            "no chain is `routed`, so `routing:` chooses no tier for anybody",
            "decides nothing",
            "write auto: routed under `fallbacks: chains:`, or remove it",
            on_key=True,
        )


def _empty(stack: Stack) -> Iterator[Diagnostic]:
    have = {member.tier for member in stack.members().values()}
    for index, tier in enumerate(stack.policy.tiers):
        if tier not in have:
            yield Diagnostic(
                "DRM405",
                ("routing", "tiers", index),
                f"tier '{tier}' has no model",
                "the next tier stands in",
                f"give a model tier: {tier}, or remove the tier",
            )


def _unreachable(stack: Stack) -> Iterator[Diagnostic]:
    policy = stack.policy
    reached = {tier for _, tier in policy.actions} | {bound.otherwise for bound in policy.bounds}
    floor = 0.0
    for bound in policy.bounds:
        if bound.up_to > floor:
            reached.add(bound.tier)
        floor = max(floor, bound.up_to)
    escalates = policy.quality is not None
    for index, tier in enumerate(policy.tiers):
        if tier not in reached and not (escalates and index > 0):
            yield Diagnostic(
                "DRM406",
                ("routing", "tiers", index),
                f"no request reaches tier '{tier}'",
                "never chosen",
                "name it in `routing: actions:` or give it a bound in `routing: complexity:`",
            )


def _order(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    written = dream.routing.complexity
    before: Bound | None = None
    for bound in stack.policy.bounds:
        if before is not None and bound.tier in written and bound.up_to < before.up_to:
            yield Diagnostic(
                "DRM416",
                _bound_path(dream, bound.tier),
                f"tier '{bound.tier}' serves up to {bound.up_to:g}, below tier '{before.tier}' with {before.up_to:g}",
                "bounds must rise from tier to tier",
                "the tiers are listed from the cheapest to the dearest",
                related=(Related(_bound_path(dream, before.tier), "the tier before"),),
            )
        before = bound


def _end(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    """Scores above the last bound would have no tier."""
    last = stack.policy.bounds[-1] if stack.policy.bounds else None
    if last is not None and last.tier in dream.routing.complexity and last.up_to < 1:
        yield Diagnostic(
            "DRM416",
            _bound_path(dream, last.tier),
            f"no tier serves requests whose complexity is above {last.up_to:g}",
            "the last bound must be 1",
            f"write {last.tier}: 1, or give a bound to a dearer tier",
        )


def _bound_path(dream: Dream, tier: str) -> Path:
    bound = dream.routing.complexity[tier]
    path: Path = ("routing", "complexity", tier)
    return path if isinstance(bound, float | int) else (*path, "up_to")


def _loops(stack: Stack) -> Iterator[Diagnostic]:
    step = {bound.tier: bound.otherwise for bound in stack.policy.bounds if bound.otherwise}
    for start in step:
        trail = [start]
        while (after := step.get(trail[-1])) is not None and after not in trail:
            trail.append(after)
        if after == start and start == min(trail):
            yield Diagnostic(
                "DRM404",
                ("routing", "complexity", start, "else"),
                f"the conditions send requests in a circle: {' -> '.join((*trail, start))}",
                "closes the circle",
                "let one of them end at a local tier without a condition",
            )
