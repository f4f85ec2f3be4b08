"""What keeps a member from serving a request: whitelist, budget, the caller's own wishes, the context window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .complexity import tokens_of
from .types import Member, Policy, Price, Whitelist

ASSUMED_OUTPUT_TOKENS = 1_024
"""Output tokens that a request is taken to cost when it sets no limit of its own."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as the policy sees it. `tokens` is the prompt's size where known; money in USD.

    `budget_left_usd` None means unlimited or unknown and counts as the full budget.
    """

    alias: str
    prompt: str
    context: str = ""
    tokens: int | None = None
    action: str | None = None
    budget_left_usd: float | None = None
    force_local: bool = False
    force_cloud: bool = False
    max_cost_usd: float | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a member may not serve, and the HTTP status for a request that nobody may serve."""

    reason: str
    status: int


def bar(policy: Policy, member: Member, ask: Ask) -> Bar | None:
    """The first thing that keeps `member` from serving `ask`; None if it may serve."""
    wishes = _against_cloud(policy, member, ask) if member.location == "cloud" else _against_local(ask)
    return wishes or _against_window(member, ask)


def domain_allowed(whitelist: Whitelist, domain: str | None) -> bool:
    """Whether a cloud API at `domain` may be called."""
    return within(whitelist.cloud_domains, domain)


def within(domains: Iterable[str], domain: str | None) -> bool:
    """A whitelisted domain allows itself and its subdomains, never a name that merely ends like it."""
    name = (domain or "").lower().rstrip(".")
    return any(name == allowed or name.endswith(f".{allowed}") for allowed in map(str.lower, domains))


def estimated_usd(price: Price, ask: Ask) -> float:
    """What `ask` costs at `price` if it fills its output limit."""
    prompt = tokens_of(ask.prompt, ask.context) if ask.tokens is None else ask.tokens
    output = ASSUMED_OUTPUT_TOKENS if ask.max_output_tokens is None else ask.max_output_tokens
    return (prompt * price.input + output * price.output) / 1_000_000


def _against_cloud(policy: Policy, member: Member, ask: Ask) -> Bar | None:
    if ask.force_local:
        return Bar("the request asks for local models only", 403)
    if policy.whitelist is not None:
        if ask.action is not None and policy.whitelist.tasks.get(ask.action) is False:
            return Bar(f"the whitelist keeps {ask.action} away from the cloud", 403)
        if not domain_allowed(policy.whitelist, member.domain):
            return Bar(f"{member.domain} is not whitelisted", 403)
    if ask.budget_left_usd is not None and ask.budget_left_usd <= 0:
        return Bar("the budget is used up", 429)
    if ask.max_cost_usd is not None and _exceeds(member, ask, ask.max_cost_usd):
        return Bar(f"{member.name} may cost more than the {ask.max_cost_usd:g} USD asked for", 403)
    return None


def _exceeds(member: Member, ask: Ask, limit_usd: float) -> bool:
    """A cloud member without a known price exceeds every limit."""
    return member.price is None or estimated_usd(member.price, ask) > limit_usd


def _against_local(ask: Ask) -> Bar | None:
    return Bar("the request asks for cloud models only", 403) if ask.force_cloud else None


def _against_window(member: Member, ask: Ask) -> Bar | None:
    if ask.tokens is None or member.context is None or ask.tokens <= member.context:
        return None
    return Bar(f"{ask.tokens} tokens do not fit the {member.context} of {member.name}", 400)
