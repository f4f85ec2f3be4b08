"""The most that things can cost: one request by what the gateway reserves for it, a day and a month by the budget."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from dreamc.runtime.money import WINDOW_TOKENS, dollars, output_limit, worst
from dreamc.runtime.policy import Ask, cut
from dreamc.runtime.types import Member, Policy

LONGEST_MONTH = 31
"""Days: what a daily limit alone lets through in one month is this often the limit."""


Limits = tuple[float | None, float | None]
"""USD per calendar day and month; None where there is no limit."""


class Most(Struct, frozen=True):
    """What the gateway reserves for one call at most, in USD: of `member`, with its window full. None: it has no price
    and no limit holds, so nothing bounds it. `input` and `output` in tokens; 0 USD where no cloud can answer."""

    usd: float | None
    member: str = ""
    input: int = 0
    output: int = 0


class Caps(Struct, frozen=True):
    """What the budget lets through in a calendar day and month, in USD; None where nothing limits it."""

    day: float | None
    month: float | None


def worst_request(policy: Policy, mode: str, alias: str, *, answers: bool = True, prompt: int | None = None) -> Most:
    """The dearest call that a request for `alias` can become. `prompt` bounds its input in tokens, None: only
    its window does. Every further answer that `quality` or `consensus` asks for is reserved by itself."""
    found = [_most(policy, member, prompt, answers) for member in _clouds(policy, mode, (alias,))]
    unbounded = next((one for one in found if one.usd is None), None)
    return unbounded or max(found, key=lambda one: one.usd or 0.0, default=Most(0.0))


def worst_time(policy: Policy, mode: str, alias: str | None = None) -> Caps:
    """What the clouds can cost under the budget if everybody asks for `alias`; of all names where it is None."""
    names = tuple(policy.modes[mode].aliases) if alias is None else (alias,)
    providers = {member.provider for member in _clouds(policy, mode, names)}
    if not providers:
        return Caps(0.0, 0.0)
    budget = policy.budget
    limits = {one.provider: (one.daily_usd, one.monthly_usd) for one in budget.providers}
    own = (limits.get(name or "", (None, None)) for name in providers)
    return caps_under((budget.daily_usd, budget.monthly_usd), own)


def caps_under(stack: Limits, providers: Iterable[Limits]) -> Caps:
    """What the limits of the stack and those of every provider that may be asked let through together."""
    own, whole = [_caps(*one) for one in providers], _caps(*stack)
    return Caps(
        _least((whole.day, _sum(one.day for one in own))),
        _least((whole.month, _sum(one.month for one in own))),
    )


def _clouds(policy: Policy, mode: str, names: tuple[str, ...]) -> tuple[Member, ...]:
    """The cloud members behind these names that the whitelist and a budget that must count them let through."""
    served = policy.modes[mode].aliases
    members = dict.fromkeys(member for name in names for member in served[name].members)
    kept, _ = cut(policy, tuple(members), Ask("", ""))
    return tuple(policy.members[name] for name in kept if policy.members[name].location == "cloud")


def _most(policy: Policy, member: Member, prompt: int | None, answers: bool) -> Most:
    """As runtime/holds.py reserves it: a limit of the answer is set where a budget counts and the client names none."""
    if member.price is None:
        return Most(None, member.name)
    limit = output_limit(member, {}) if policy.budget.counts(member.provider) else None
    output = limit or member.max_output or member.context or WINDOW_TOKENS
    body = {"max_tokens": output}
    window = member.context or WINDOW_TOKENS
    read = window if prompt is None else min(prompt, window)
    usd = dollars(worst(member.price, member, body, read, answers=answers))
    return Most(usd, member.name, read, output if answers else 0)


def _caps(daily: float | None, monthly: float | None) -> Caps:
    days = None if daily is None else daily * LONGEST_MONTH
    return Caps(_least((daily, monthly)), _least((days, monthly)))


def _least(amounts: Iterable[float | None]) -> float | None:
    return min((one for one in amounts if one is not None), default=None)


def _sum(amounts: Iterable[float | None]) -> float | None:
    """None where one of them is not limited."""
    found = tuple(amounts)
    return None if any(one is None for one in found) else sum(one for one in found if one is not None)
