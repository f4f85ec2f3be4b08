"""The contract between compiler and gateway: `policy.json`, read strictly into frozen dataclasses.

policy.json (version 1); every key is required unless marked `?`, unknown keys are refused, null means "none":

    version     1
    stack       name of the stack
    aliases     [name]                what clients may ask for; each mode answers to exactly these
    members     {name: {location: "local"|"cloud", engine?: text, provider?: text, domain?: text (cloud: required),
                        tier?: name, context?: tokens, max_output?: tokens, abilities?: [text],
                        usd_per_mtok?: {input, output, cache_read?, cache_write?, above_tokens?, above?: {...}}}}
    tiers       [name]                from the cheapest to the dearest
    modes       {name: {aliases: {alias: {routed: bool, members: [member, in order]}},
                        tiers: {tier: [its own members, then the members that stand in for them]}}}
                a mode named "local" must not hold a cloud member
    actions     {action: tier}        the kind of action decides first
    complexity  [{tier, up_to, budget_left_usd?: USD, else?: tier}]   ascending, the last up_to is 1; [] = first tier
                a tier serves scores below its up_to, and only with more than budget_left_usd left; with less, `else`
                serves, or the tier below; that condition also holds for a tier that an action chose
    budget      {daily_usd, monthly_usd, alert_at, providers?: {provider: {daily_usd, monthly_usd}}}
                calendar days and months in UTC; null = no limit; a cloud member without a price is not called under one
    whitelist   {cloud_domains: [domain], domains: [domain], mcp_servers: [name], tasks: {action: bool}} | null
    quality     {threshold, max_attempts, self_critique, agreement?: bool,
                 checks: [name, or "package.module:function"]} | null
    consensus   {actions: [action], models, threshold} | null
    cache       {ttl_s} | null
    triggers    [timeout|connection|server_error|rate_limit|empty|invalid]   what sends a request to the next member
    timeout_s   seconds one member may take
    usage_log   file name beside the ledger | null
    usage?      {rotate_bytes, rotate_s, keep, prompts: bool}   when it is put aside, how many such files are kept,
                and whether prompts stand in it
    mcp_servers? [name]               what the gateway offers at /mcp; closed without any
    scorer?     dream|litellm         who scores the prompts that `complexity` is compared with; dream where absent
    cot_prompt? what a local model that stands in for a cloud is told, so that it thinks step by step | null

In the LiteLLM configuration every alias is a routing group of its own name, every tier of a mode the group
`tier:<name>`, and each deployment carries `model_info.dream_member` and `model_info.dream_location`.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import cast

from .reading import Node, PolicyError, parse
from .types import (
    CHECKS,
    SCORERS,
    TRIGGERS,
    Alias,
    Bound,
    Budget,
    Consensus,
    Location,
    Member,
    Mode,
    Policy,
    Price,
    ProviderBudget,
    Quality,
    Usage,
    Whitelist,
)

__all__ = ["Policy", "PolicyError", "load"]

_KEYS = (
    *("version", "stack", "aliases", "members", "tiers", "modes", "actions", "complexity", "budget"),
    *("whitelist", "quality", "consensus", "cache", "triggers", "timeout_s", "usage_log"),
)
_MEMBER = ("engine", "provider", "domain", "tier", "context", "max_output", "abilities", "usd_per_mtok")
_OPTIONAL = (
    "usage",
    "cot_prompt",
    "mcp_servers",
    "scorer",
)
_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def load(text: str) -> Policy:
    """Reads a policy.json. Raises PolicyError, with the JSON path, for anything the gateway must not serve."""
    root = parse(text).shape(_KEYS, _OPTIONAL)
    if root.key("version").value != 1:
        root.key("version").fail(f"expected 1, got {root.key('version').value!r}")
    tiers = _distinct(root.key("tiers"))
    members = {name: _member(name, node, tiers) for name, node in root.key("members").entries()}
    aliases = _distinct(root.key("aliases"))
    return Policy(
        cot_prompt=root.key("cot_prompt").optional(Node.text),
        mcp_servers=root.key("mcp_servers").optional(_distinct) or (),
        usage=root.key("usage").optional(_usage) or Usage(),
        scorer=root.key("scorer").optional(lambda node: node.one_of(SCORERS, "a scorer")) or "dream",
        stack=root.key("stack").text(),
        aliases=aliases,
        members=MappingProxyType(members),
        tiers=tiers,
        modes=MappingProxyType(
            {name: _mode(name, node, aliases, tiers, members) for name, node in root.key("modes").entries()}
        ),
        actions=MappingProxyType({name: n.one_of(tiers, "a tier") for name, n in root.key("actions").entries()}),
        complexity=_complexity(root.key("complexity"), tiers),
        budget=_budget(root.key("budget")),
        whitelist=root.key("whitelist").optional(_whitelist),
        quality=root.key("quality").optional(_quality),
        consensus=root.key("consensus").optional(_consensus),
        cache_ttl_s=root.key("cache").optional(lambda node: node.shape(("ttl_s",)).key("ttl_s").number(0)),
        triggers=tuple(node.one_of(TRIGGERS, "a trigger") for node in root.key("triggers").items()),
        timeout_s=root.key("timeout_s").number(0.001),
        usage_log=root.key("usage_log").optional(_file_name),
    )


def _distinct(node: Node) -> tuple[str, ...]:
    names = node.texts()
    for index, item in enumerate(node.items()):
        if names[index] in names[:index]:
            item.fail(f"{names[index]!r} is named twice")
    return names


def _member(name: str, node: Node, tiers: tuple[str, ...]) -> Member:
    node.shape(("location",), _MEMBER)
    location = cast(Location, node.key("location").one_of(("local", "cloud"), "a location"))
    domain = node.key("domain").optional(Node.text)
    if location == "cloud" and domain is None:
        node.key("domain").fail("a cloud member needs the domain it is reached at")
    return Member(
        name=name,
        location=location,
        domain=domain,
        tier=node.key("tier").optional(lambda n: n.one_of(tiers, "a tier")),
        context=node.key("context").optional(lambda n: n.whole(1)),
        price=node.key("usd_per_mtok").optional(_price),
        abilities=node.key("abilities").optional(Node.texts) or (),
        provider=node.key("provider").optional(Node.text),
        max_output=node.key("max_output").optional(lambda n: n.whole(1)),
    )


def _price(node: Node) -> Price:
    node.shape(("input", "output"), ("cache_read", "cache_write", "above_tokens", "above"))
    read, write = (node.key(name).optional(lambda n: n.number(0)) for name in ("cache_read", "cache_write"))
    bound, above = node.key("above_tokens").optional(lambda n: n.whole(1)), node.key("above").optional(_price)
    if (bound is None) != (above is None):
        node.fail("`above` and `above_tokens` belong together")
    return Price(node.key("input").number(0), node.key("output").number(0), read, write, bound, above)


def _mode(name: str, node: Node, aliases: tuple[str, ...], tiers: tuple[str, ...], members: dict[str, Member]) -> Mode:
    node.shape(("aliases", "tiers"))
    given = node.key("aliases")
    given.shape(aliases)
    chains = {alias: _alias(entry, name, members) for alias, entry in given.entries()}
    served = {tier: _chain(entry, name, members) for tier, entry in node.key("tiers").shape((), tiers).entries()}
    for alias, chain in chains.items():
        if chain.routed and not any(members[m].tier == tier for tier, held in served.items() for m in held):
            given.key(alias).fail("routed, but no tier of this mode has a member of its own")
    return Mode(MappingProxyType(chains), MappingProxyType(served))


def _alias(node: Node, mode: str, members: dict[str, Member]) -> Alias:
    node.shape(("routed", "members"))
    chain = _chain(node.key("members"), mode, members)
    return Alias(node.key("routed").flag(), chain or node.key("members").fail("needs at least one member"))


def _chain(node: Node, mode: str, members: dict[str, Member]) -> tuple[str, ...]:
    names = _distinct(node)
    for item in node.items():
        member = members[item.one_of(members, "a member")]
        if mode == "local" and member.location == "cloud":
            item.fail(f'{member.name!r} is a cloud member; the mode "local" must not hold one')
    return names


def _complexity(node: Node, tiers: tuple[str, ...]) -> tuple[Bound, ...]:
    bounds: list[Bound] = []
    for item in node.items():
        item.shape(("tier", "up_to"), ("budget_left_usd", "else"))
        bound = Bound(
            tier=item.key("tier").one_of(tiers, "a tier"),
            up_to=item.key("up_to").number(bounds[-1].up_to if bounds else 0, 1),
            budget_left_usd=item.key("budget_left_usd").optional(lambda n: n.number(0)),
            otherwise=item.key("else").optional(lambda n: n.one_of(tiers, "a tier")),
        )
        if bound.tier in (earlier.tier for earlier in bounds):
            item.key("tier").fail(f"the tier {bound.tier!r} has two bounds")
        if bound.otherwise == bound.tier or (bound.otherwise and bound.budget_left_usd is None):
            item.key("else").fail("names another tier and goes with budget_left_usd")
        bounds.append(bound)
    if bounds and bounds[-1].up_to != 1:
        node.items()[-1].key("up_to").fail("the last bound must be 1, or some scores have no tier")
    return tuple(bounds)


def _budget(node: Node) -> Budget:
    node.shape(("daily_usd", "monthly_usd", "alert_at"), ("providers",))
    found = node.key("providers").optional(lambda each: tuple(_own_budget(*entry) for entry in each.entries()))
    return Budget(*_limits(node), node.key("alert_at").number(0, 1), found or ())


def _own_budget(provider: str, node: Node) -> ProviderBudget:
    return ProviderBudget(provider, *_limits(node.shape(("daily_usd", "monthly_usd"))))


def _limits(node: Node) -> tuple[float | None, float | None]:
    daily, monthly = (node.key(name).optional(lambda n: n.number(0)) for name in ("daily_usd", "monthly_usd"))
    return daily, monthly


def _whitelist(node: Node) -> Whitelist:
    node.shape(("cloud_domains", "domains", "mcp_servers", "tasks"))
    tasks = {action: allowed.flag() for action, allowed in node.key("tasks").entries()}
    return Whitelist(
        cloud_domains=node.key("cloud_domains").texts(),
        domains=node.key("domains").texts(),
        mcp_servers=node.key("mcp_servers").texts(),
        tasks=MappingProxyType(tasks),
    )


def _quality(node: Node) -> Quality:
    node.shape(("threshold", "max_attempts", "self_critique", "checks"), ("agreement",))
    return Quality(
        threshold=node.key("threshold").number(0, 1),
        max_attempts=node.key("max_attempts").whole(1),
        self_critique=node.key("self_critique").flag(),
        checks=tuple(_check(item) for item in node.key("checks").items()),
        agreement=node.key("agreement").optional(Node.flag) or False,
    )


def _check(node: Node) -> str:
    name = node.text()
    if name not in CHECKS and not _IMPORT_PATH.fullmatch(name):
        node.fail(f"{name!r} is no check; known: {', '.join(CHECKS)}, or package.module:function")
    return name


def _consensus(node: Node) -> Consensus:
    node.shape(("actions", "models", "threshold"))
    return Consensus(node.key("actions").texts(), node.key("models").whole(2), node.key("threshold").number(0, 1))


def _usage(node: Node) -> Usage:
    node.shape(("rotate_bytes", "rotate_s", "keep", "prompts"))
    return Usage(
        rotate_bytes=node.key("rotate_bytes").whole(1),
        rotate_s=node.key("rotate_s").number(1),
        keep=node.key("keep").whole(1),
        prompts=node.key("prompts").flag(),
    )


def _file_name(node: Node) -> str:
    name = node.text()
    return node.fail("a plain file name, without a folder") if "/" in name or name.startswith(".") else name
