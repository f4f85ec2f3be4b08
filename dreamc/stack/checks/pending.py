"""Says which parts of the policy travel in policy.json but are not acted on by this version's gateway."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A note for each; nothing here is silently without effect."""
    del inputs
    limited = stack.policy.budget.given or any(one.budget.given for one in stack.providers)
    if len(stack.gateway.hosts) > 1 and limited and stack.policy.ledger == "sqlite":
        message = "each host counts its own spending: the budget may be spent once on every gateway host"
        remedy = "write budget: {ledger: postgres, ledger_url: env://LEDGER_URL}"
        yield Diagnostic("DRM419", ("gateway", "hosts"), message, help=remedy)
    yield from _agents(stack, dream)


def _agents(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    """What of the whitelist is not the gateway's: agents ask a server for it, and web search is told its domains."""
    rules = dream.whitelist
    if rules is None:
        return
    searches = stack.service("searxng") is not None
    asked = (bool(rules.mcp_servers) and not stack.mcp_servers) or (bool(rules.domains) and not searches)
    if asked and stack.service("mcp-whitelist-manager") is None:
        message = (
            "domains and MCP servers are a matter of agents, and no mcp-whitelist-manager runs that they could ask"
        )
        yield Diagnostic("DRM419", ("whitelist",), message, on_key=True)
    if searches and not rules.domains:
        message = "web search is not limited: an empty list of domains means all of them to it"
        yield Diagnostic("DRM419", ("whitelist",), message, on_key=True)
