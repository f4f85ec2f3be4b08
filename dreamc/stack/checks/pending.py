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
    if stack.policy.alert_at is not None and stack.policy.budget.given:
        yield Diagnostic(
            "DRM419", ("budget", "alert_at"), "the budget cuts the clouds, but no alert is sent before it does yet"
        )
    redis = stack.service("redis")
    if routing.cache is not None and (redis is None or redis.host not in stack.gateway.hosts):
        message = "no answer is kept: the cache lives in Redis, and none runs beside the gateway"
        yield Diagnostic("DRM419", ("routing", "cache"), message, help="write services: {redis: {}}")
    if len(stack.gateway.hosts) > 1 and stack.policy.budget.given:
        message = "each host counts its own spending: the budget may be spent once on every gateway host"
        yield Diagnostic("DRM419", ("gateway", "hosts"), message)
    always = [one for one in ALWAYS if one not in stack.policy.triggers]
    if always:
        message = f"the gateway also moves on after {', '.join(always)}: these triggers cannot be switched off yet"
        yield Diagnostic("DRM419", ("fallbacks", "triggers"), message)
    yield from _agents(stack, dream)


def _agents(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    """What of the whitelist is not the gateway's: agents ask a server for it, and web search is told its domains."""
    rules = dream.whitelist
    if rules is None:
        return
    searches = stack.service("searxng") is not None
    asked = bool(rules.mcp_servers) or (bool(rules.domains) and not searches)
    if asked and stack.service("mcp-whitelist-manager") is None:
        message = (
            "domains and MCP servers are a matter of agents, and no mcp-whitelist-manager runs that they could ask"
        )
        yield Diagnostic("DRM419", ("whitelist",), message, on_key=True)
    if searches and not rules.domains:
        message = "web search is not limited: an empty list of domains means all of them to it"
        yield Diagnostic("DRM419", ("whitelist",), message, on_key=True)
