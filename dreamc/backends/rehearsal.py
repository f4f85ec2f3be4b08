"""Runs the file's own `tests:` on the policy that will be deployed, with the code that will decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dreamc.backends.policy import policy as policy_value
from dreamc.cost.traffic import traffic_of
from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.document.write import json_text
from dreamc.runtime.contract import PolicyError, load
from dreamc.runtime.policy import Ask, Decision, Refusal, decide, unscored
from dreamc.runtime.types import Policy
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Test
from dreamc.stack.clouds import usd
from dreamc.stack.types import Stack


def rehearse(stack: Stack, dream: Dream) -> tuple[Diagnostic, ...]:
    """A finding for every expectation that is not met."""
    policy = decider(stack)
    return tuple(finding for index, test in enumerate(dream.tests) for finding in _one(stack, policy, index, test))


def decider(stack: Stack) -> Policy:
    """The policy as the gateway reads it, for `dreamc.runtime.policy.decide`."""
    return load(json_text(policy_value(stack)))


def expected_month(stack: Stack, mode: str) -> float | None:
    """USD that the clouds cost in a month of the stated traffic; None where none is stated or a price is not known."""
    traffic = traffic_of(stack)
    if traffic is None:
        return None
    from dreamc.cost import estimate

    try:
        found = estimate.expected_month(decider(stack), stack, mode, traffic)
    except PolicyError:  # `explain` compiles files with errors, too
        return None
    return None if found is None else round(found, 6)


def _one(stack: Stack, policy: Policy, index: int, test: Test) -> Iterator[Diagnostic]:
    at: Path = ("tests", index)
    alias = test.alias or _routed(stack)
    mode = test.mode or stack.mode
    if alias is None:
        yield Diagnostic("DRM411", (*at, "ask"), "no chain is routed, so the test asks nobody", "", "add `alias:`")
        return
    if mode not in policy.modes:
        yield Diagnostic("DRM411", (*at, "mode"), f"{mode} mode is not compiled", "", "choose a compiled mode")
        return
    ask = _ask(alias, test)
    if not unscored(policy, mode, ask):
        yield from _found(at, test, decide(policy, mode, ask))
        return
    starts = (0.0, *(bound.up_to for bound in policy.complexity[:-1]))
    found = tuple(tuple(_found(at, test, decide(policy, mode, replace(ask, score=each)))) for each in starts)
    yield from found[0] if all(found) else (_unscored(at),) if any(found) else ()


def _found(at: Path, test: Test, found: Decision | Refusal) -> Iterator[Diagnostic]:
    return _refused(at, test, found) if isinstance(found, Refusal) else _compare(at, test, found)


def _unscored(at: Path) -> Diagnostic:
    """Of a test that comes true with some scores only."""
    return Diagnostic(
        "DRM439",
        (*at, "ask"),
        "LiteLLM's scorer decides this request, and only the gateway can ask it",
        "not rehearsed",
        "name an `action:`, or state the `score:` that it is a test of",
    )


def _ask(alias: str, test: Test) -> Ask:
    return Ask(
        alias,
        test.ask,
        tokens=test.tokens,
        action=test.action,
        score=test.score,
        budget_left_usd=usd(test.budget_left),
        force_local=test.force == "local",
        force_cloud=test.force == "cloud",
        max_cost_usd=usd(test.max_cost),
    )


def _refused(at: Path, test: Test, found: Refusal) -> Iterator[Diagnostic]:
    reasons, wanted = "; ".join(found.reasons), test.expect.refused
    if wanted is None:
        yield Diagnostic("DRM411", (*at, "expect"), f"the request is refused: {reasons}", "expected an answer", "")
    elif wanted != found.status:
        message = f"expected status {wanted}, but the request is refused with {found.status}"
        yield Diagnostic("DRM411", (*at, "expect", "refused"), message, f"is {found.status}", f"because: {reasons}")


def _compare(at: Path, test: Test, found: Decision) -> Iterator[Diagnostic]:
    wanted, route = test.expect, " -> ".join(found.members)
    rows = (
        ("tier", wanted.tier, found.tier),
        ("model", wanted.model, found.model),
        ("location", wanted.location, found.location),
        ("members", " -> ".join(wanted.members) if wanted.members else None, route),
        ("refused", None if wanted.refused is None else str(wanted.refused), route),
    )
    for key, expected, got in rows:
        if expected is not None and expected != got:
            what = f"a refusal with status {expected}" if key == "refused" else f"{key} '{expected}'"
            yield Diagnostic(
                "DRM411",
                (*at, "expect", key),
                f"expected {what}, but the request goes to '{got}'",
                f"goes to '{got}'",
                f"because: {'; '.join(found.reasons)}",
                related=(Related((*at, "ask"), "the request"),),
            )


def _routed(stack: Stack) -> str | None:
    """The routed chain; else the first alias."""
    routes = stack.modes[0].routes
    return next((route.alias for route in routes if route.kind == "routed"), routes[0].alias if routes else None)
