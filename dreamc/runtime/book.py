"""The book: what every call cost goes to the ledger, and a line about it to the usage log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .engine import CustomLogger
from .stamp import find
from .state import Gateway, gateway
from .types import Price
from .usage import Row


class Book(CustomLogger):
    """Called by LiteLLM once for each logical call, also at the end of a stream."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: object, end_time: object
    ) -> None:
        _book(gateway(), kwargs, "ok")

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: object, start_time: object, end_time: object
    ) -> None:
        _book(gateway(), kwargs, "error")


@dataclass(frozen=True, slots=True)
class Call:
    """What one call came to: tokens, USD and seconds."""

    member: str
    status: str
    prompt_tokens: int
    completion_tokens: int
    usd: float
    latency_s: float = 0.0


def book_rejected(here: Gateway, kwargs: dict[str, Any], member: str, response: Any, why: str) -> None:
    """A paid answer that was not passed on: LiteLLM logs it as a failure that cost nothing, the provider does not."""
    usage = getattr(response, "usage", None)
    prompt, completion = (int(getattr(usage, name, 0) or 0) for name in ("prompt_tokens", "completion_tokens"))
    usd = cost_usd(_price(here, member), prompt, completion, 0.0)
    _write(here, kwargs, Call(member, f"rejected: {why}", prompt, completion, usd))


def cost_usd(price: Price | None, prompt: int, completion: int, otherwise: float) -> float:
    """USD for a call: by the policy's own price where it has one, else what LiteLLM found."""
    if price is None:
        return otherwise
    return (prompt * price.input + completion * price.output) / 1_000_000


def _book(here: Gateway, kwargs: dict[str, Any], status: str) -> None:
    facts = kwargs.get("standard_logging_object") or {}
    member = here.member_of(str(facts.get("model_id")))
    if find(kwargs) is None and not member:
        return  # refused before it was anybody's call
    prompt, completion = (int(facts.get(name) or 0) for name in ("prompt_tokens", "completion_tokens"))
    free = facts.get("cache_hit") or status != "ok"
    found = float(facts.get("response_cost") or 0.0)
    usd = 0.0 if free else cost_usd(_price(here, member), prompt, completion, found)
    seconds = float(facts.get("endTime") or 0.0) - float(facts.get("startTime") or 0.0)
    _write(here, kwargs, Call(member, status, prompt, completion, usd, round(seconds, 3)))


def _price(here: Gateway, member: str) -> Price | None:
    known = here.policy.members.get(member)
    if known is None:
        return None
    return Price(0.0, 0.0) if known.location == "local" else known.price


def _write(here: Gateway, kwargs: dict[str, Any], call: Call) -> None:
    here.book(call.usd)
    stamp, known = find(kwargs), here.policy.members.get(call.member)
    row = Row(
        time=here.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        alias=stamp.alias if stamp else "",
        group=stamp.group if stamp else "",
        location=known.location if known else "",
        tier=stamp.tier if stamp else None,
        action=stamp.action if stamp else None,
        reason=stamp.reason if stamp else "",
        **asdict(call),
    )
    here.usage.write(row)
