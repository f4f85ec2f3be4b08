"""Says which parts of the policy travel in policy.json but are not acted on by this version's gateway."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

ALWAYS = ("timeout", "connection", "server_error", "rate_limit")
"""Triggers of LiteLLM's own router."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A note for each; nothing here is silently without effect."""
    del inputs
    routing = dream.routing
    if routing.quality is not None:
        yield _note(
            "quality", "empty and invalid answers are caught; scores, critique and escalation are not acted on yet"
        )
    if routing.consensus is not None:
        yield _note("consensus", "no agreement of several models is asked for yet")
    if routing.when_cut == "local_with_cot":
        yield _note("when_cut", "the local model answers, but is not yet asked to think step by step")
    if stack.policy.alert_at is not None and (stack.policy.budget.daily or stack.policy.budget.monthly):
        yield Diagnostic(
            "DRM419", ("budget", "alert_at"), "the budget cuts the clouds, but no alert is sent before it does yet"
        )
    redis = {extra.host for extra in stack.services if extra.name == "redis"}
    if routing.cache is not None and not redis & set(stack.gateway.hosts):
        message = "no answer is kept: the cache lives in Redis, and none runs beside the gateway"
        yield Diagnostic("DRM419", ("routing", "cache"), message, help="write services: {redis: {}}")
    if len(stack.gateway.hosts) > 1 and (stack.policy.budget.daily or stack.policy.budget.monthly):
        message = "each host counts its own spending: the budget may be spent once on every gateway host"
        yield Diagnostic("DRM419", ("gateway", "hosts"), message)
    always = [one for one in ALWAYS if one not in stack.policy.triggers]
    if always:
        message = f"the gateway also moves on after {', '.join(always)}: these triggers cannot be switched off yet"
        yield Diagnostic("DRM419", ("fallbacks", "triggers"), message)
    asked = any(extra.name == "mcp-whitelist-manager" for extra in stack.services)
    if dream.whitelist is not None and (dream.whitelist.domains or dream.whitelist.mcp_servers) and not asked:
        message = (
            "domains and MCP servers are a matter of agents, and no mcp-whitelist-manager runs that they could ask"
        )
        yield Diagnostic("DRM419", ("whitelist",), message, on_key=True)


def _note(key: str, message: str) -> Diagnostic:
    return Diagnostic("DRM419", ("routing", key), message)
