"""Runs the file's own `tests:` on the policy that will be deployed, with the code that will decide."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.backends.policy import policy as policy_value
from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.document.write import json_text
from dreamc.runtime.contract import load
from dreamc.runtime.policy import Ask, Decision, Refusal, decide
from dreamc.runtime.types import Policy
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Test
from dreamc.stack.clouds import usd
from dreamc.stack.types import Stack


def rehearse(stack: Stack, dream: Dream) -> tuple[Diagnostic, ...]:
    """A finding for every expectation that is not met."""
    policy = load(json_text(policy_value(stack)))
    return tuple(finding for index, test in enumerate(dream.tests) for finding in _one(stack, policy, index, test))


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
    ask = Ask(alias, test.ask, tokens=test.tokens, action=test.action, budget_left_usd=usd(test.budget_left))
    found = decide(policy, mode, ask)
    if isinstance(found, Refusal):
        reasons = "; ".join(found.reasons)
        yield Diagnostic("DRM411", (*at, "expect"), f"the request is refused: {reasons}", "expected an answer", "")
        return
    yield from _compare(at, test, found)


def _compare(at: Path, test: Test, found: Decision) -> Iterator[Diagnostic]:
    wanted = (("tier", test.expect.tier, found.tier), ("model", test.expect.model, found.model))
    for key, expected, got in (*wanted, ("location", test.expect.location, found.location)):
        if expected is not None and expected != got:
            yield Diagnostic(
                "DRM411",
                (*at, "expect", key),
                f"expected {key} '{expected}', but the request goes to '{got}'",
                f"goes to '{got}'",
                f"because: {'; '.join(found.reasons)}",
                related=(Related((*at, "ask"), "the request"),),
            )


def _routed(stack: Stack) -> str | None:
    """The routed chain; else the first alias."""
    routes = stack.modes[0].routes
    return next((route.alias for route in routes if route.kind == "routed"), routes[0].alias if routes else None)
