"""policy.json and whitelist.json: what the policy in the gateway decides by.

whitelist.json is there where a whitelist is given or something asks it. A whitelist that is given denies what it does
not list; without one the policy forbids nothing, and an empty whitelist.json only says that nothing is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dreamc.document.write import json_text
from dreamc.stack.serving import served, standing
from dreamc.stack.spending import Limits, Rates
from dreamc.stack.types import Bound, Cloud, Local, Member, ModeRoutes, Policy, Provider, Stack
from dreamc.stack.usage import Usage

if TYPE_CHECKING:
    from dreamc.artifact.types import Artifact

Value = dict[str, Any]

POLICY = "config/policy.json"
WHITELIST = "config/whitelist.json"
VERSION = 1
ASKS_THE_WHITELIST = "mcp-whitelist-manager"


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """policy.json for hosts with a gateway; whitelist.json for those and for the host of the MCP whitelist server."""
    from dreamc.artifact.types import Artifact

    made = []
    if host in stack.gateway.hosts:
        made.append(Artifact(POLICY, json_text(policy(stack))))
    asked = any(extra.name == ASKS_THE_WHITELIST and extra.host == host for extra in stack.services)
    if asked or (made and stack.policy.whitelist is not None):
        made.append(Artifact(WHITELIST, json_text(whitelist(stack.policy.whitelist or {}))))
    return tuple(made)


def policy(stack: Stack) -> Value:
    """The value of policy.json, as `dreamc.runtime.contract` describes it."""
    rules = stack.policy
    accounts = {provider.name: provider for provider in stack.providers}
    return {
        "version": VERSION,
        "stack": stack.name,
        "aliases": list(stack.aliases),
        "members": {name: _member(rules, accounts, member) for name, member in stack.members().items()},
        "tiers": list(rules.tiers),
        "modes": {routes.mode: _mode(stack, routes) for routes in stack.modes},
        "actions": dict(rules.actions),
        "complexity": [_bound(bound) for bound in rules.bounds],
        **({} if rules.scorer == "dream" else {"scorer": rules.scorer}),
        "budget": {
            **_limits(rules.budget),
            "alert_at": 1 if rules.alert_at is None else rules.alert_at,
            **_of_providers(stack),
        },
        "whitelist": _allowed(rules),
        "quality": _plain(rules.quality),
        "consensus": _plain(rules.consensus),
        "cache": None if rules.cache_ttl is None else {"ttl_s": rules.cache_ttl},
        "triggers": list(rules.triggers),
        "timeout_s": rules.timeout,
        "usage_log": stack.usage_log,
        "usage": _usage(stack.usage),
        "cot_prompt": rules.cot_prompt,
        "mcp_servers": [server.name for server in stack.mcp_servers],
    }


def whitelist(given: Mapping[str, object]) -> Value:
    """The value of whitelist.json."""
    lists = {key: _plain(given.get(key, ())) for key in ("cloud_apis", "domains", "mcp_servers")}
    return {**lists, "allowed_for_cloud": _plain(given.get("allowed_for_cloud", {}))}


def _usage(usage: Usage) -> Value:
    seconds = int(usage.age) if usage.age == int(usage.age) else usage.age
    return {"rotate_bytes": usage.size, "rotate_s": seconds, "keep": usage.keep, "prompts": usage.prompts}


def _member(rules: Policy, accounts: Mapping[str, Provider], member: Member) -> Value:
    found: Value = {"location": member.location}
    found |= {"engine": member.engine} if isinstance(member, Local) else _provided(accounts[member.provider], member)
    if member.tier in rules.tiers:
        found["tier"] = member.tier
    if member.context > 0:
        found["context"] = member.context
    return {**found, "abilities": list(member.abilities)}


def _provided(provider: Provider, cloud: Cloud) -> Value:
    found: Value = {"provider": provider.name, "domain": provider.domain}
    if cloud.max_output > 0:
        found["max_output"] = cloud.max_output
    if cloud.rates is not None:
        found["usd_per_mtok"] = _tariff(cloud.rates)
    return found


def _tariff(rates: Rates) -> Value:
    cache = {"cache_read": rates.cache_read, "cache_write": rates.cache_write}
    found: Value = {"input": rates.input, "output": rates.output}
    found |= {name: price for name, price in cache.items() if price is not None}
    if rates.above is not None:
        found |= {"above_tokens": rates.above_tokens, "above": _tariff(rates.above)}
    return found


def _of_providers(stack: Stack) -> Value:
    found = {one.name: _limits(one.budget) for one in stack.providers if one.budget.given}
    return {"providers": found} if found else {}


def _limits(limits: Limits) -> Value:
    return {"daily_usd": limits.daily, "monthly_usd": limits.monthly}


def _mode(stack: Stack, routes: ModeRoutes) -> Value:
    chains = {
        route.alias: {"routed": route.kind == "routed", "members": list(served(stack, route))}
        for route in routes.routes
    }
    tiers = {tier.name: list(standing(stack, tier.members)) for tier in routes.tiers if tier.members}
    return {"aliases": chains, "tiers": tiers}


def _bound(bound: Bound) -> Value:
    found: Value = {"tier": bound.tier, "up_to": bound.up_to}
    if bound.budget_left is not None:
        found["budget_left_usd"] = bound.budget_left
        if bound.otherwise is not None:
            found["else"] = bound.otherwise
    return found


def _allowed(rules: Policy) -> Value | None:
    if rules.whitelist is None:
        return None
    given = whitelist(rules.whitelist)
    return {
        "cloud_domains": given["cloud_apis"],
        "domains": given["domains"],
        "mcp_servers": given["mcp_servers"],
        "tasks": given["allowed_for_cloud"],
    }


def _plain(value: object) -> Any:
    """The same in JSON's types."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
