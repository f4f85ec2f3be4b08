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

    `budget_left_usd` None means unlimited or unknown and counts as the full budget; `unpaid` names the members that no
    budget has the money for, with the reason. `score` is the complexity where it is known already, as out of a log; the
    text is not read for it then.
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
    unpaid: tuple[tuple[str, str], ...] = ()
    score: float | None = None


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


def domain_objection(whitelist: Whitelist, member: Member) -> str | None:
    """Why a cloud member may not be called where it is; None if it may."""
    return None if domain_allowed(whitelist, member.domain) else f"{member.domain} is not whitelisted"


def task_objection(whitelist: Whitelist, action: str | None) -> str | None:
    """Why a kind of task may not be sent to a cloud; None if it may.

    Once a whitelist lists kinds of task, those that it does not list are denied. A request that names no kind, and
    every request under a whitelist that lists none, is a matter of the domains alone.
    """
    if action is None or not whitelist.tasks or whitelist.tasks.get(action) is True:
        return None
    if action in whitelist.tasks:
        return f"the whitelist keeps {action} away from the cloud"
    return f"the whitelist does not list the kind of task {action}"


def within(domains: Iterable[str], domain: str | None) -> bool:
    """A whitelisted domain allows itself and its subdomains, never a name that merely ends like it."""
    name = (domain or "").lower().rstrip(".")
    return any(name == allowed or name.endswith(f".{allowed}") for allowed in map(str.lower, domains))


def estimated_usd(price: Price, ask: Ask) -> float:
    """What `ask` costs at `price` if it fills its output limit."""
    prompt = tokens_of(ask.prompt, ask.context) if ask.tokens is None else ask.tokens
    output = ASSUMED_OUTPUT_TOKENS if ask.max_output_tokens is None else ask.max_output_tokens
    tariff = price.of(prompt)
    return (prompt * tariff.input + output * tariff.output) / 1_000_000


def _against_cloud(policy: Policy, member: Member, ask: Ask) -> Bar | None:
    if ask.force_local:
        return Bar("the request asks for local models only", 403)
    if policy.whitelist is not None:
        why = task_objection(policy.whitelist, ask.action) or domain_objection(policy.whitelist, member)
        if why is not None:
            return Bar(why, 403)
    if member.price is None and policy.budget.counts(member.provider):
        return Bar(f"{member.name} has no price, so no budget can count it", 403)
    if (why := dict(ask.unpaid).get(member.name)) is not None:
        return Bar(why, 429)
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
