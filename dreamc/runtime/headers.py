"""What every answer says of itself: who gave it, why, what it cost, and how many calls that took."""

from __future__ import annotations

from typing import Any

from .kept import HEADER, is_hit
from .money import cost, dollars, usage_of
from .stamp import Stamp
from .state import Gateway


def headers(here: Gateway, stamp: Stamp, member: str, response: Any) -> dict[str, str]:
    """x-dream-tier, -model, -reason, -attempts and, where the checks gave one, -quality; with a cache, x-dream-cache,
    which is hit or miss.

    x-dream-cost-usd is on whole answers only: the headers of a stream are gone before its cost is known, which stands
    in the usage log, on the line with the id of x-litellm-call-id. The same holds for what the checks find of a stream.
    """
    answered = stamp.answered or member
    usd = total_usd(here, stamp, member, response)
    tier = here.policy.members[stamp.answered].tier if stamp.answered else stamp.tier
    named = {
        "x-dream-tier": tier,
        "x-dream-model": answered,
        "x-dream-reason": stamp.reason,
        "x-dream-attempts": str(attempts(stamp)),
        "x-dream-quality": None if stamp.quality is None else f"{stamp.quality:.2f}",
        HEADER: None if here.policy.cache_ttl_s is None else "hit" if is_hit(response) else "miss",
        "x-dream-cost-usd": None if usd is None else f"{usd:.9f}",
    }
    return {name: _header(value) for name, value in named.items() if value}


def attempts(stamp: Stamp) -> int:
    """Calls for an answer: each hop, and each answer that the checks weighed beside the first."""
    return max(len(stamp.called), 1) + max(stamp.attempts - 1, 0)


def total_usd(here: Gateway, stamp: Stamp, member: str, response: Any) -> float | None:
    """What the request cost, rejected answers and second opinions included; None where the answer does not say."""
    if stamp.answered:
        return stamp.spent_usd
    if is_hit(response):
        return stamp.spent_usd
    own = answer_usd(here, member, response)
    return None if own is None else stamp.spent_usd + own


def answer_usd(here: Gateway, member: str, response: Any) -> float | None:
    """What one answer cost by the policy's price; None where it does not say what it used, or nobody knows a price."""
    known, used = here.policy.members.get(member), usage_of(response)
    if known is None or used is None:
        return None
    if known.location == "local":
        return 0.0
    return None if known.price is None else dollars(cost(known.price, used))


def _header(value: str) -> str:
    """Printable ASCII in one line: names from a policy may hold anything."""
    if value.isascii() and value.isprintable():
        return value[:400]
    return "".join(char if " " <= char <= "~" else "?" for char in value)[:400]
