"""The book: what every call cost goes to the ledger, and a line about it to the usage log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engine import CustomLogger, is_ours
from .holds import failed, lost, settle
from .money import Usage, cost, dollars, nano, usage_of
from .rows import Call, write_call
from .stamp import find, note, spend
from .state import Gateway, gateway


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


def book_rejected(here: Gateway, kwargs: dict[str, Any], member: str, response: Any, why: str) -> None:
    """A paid answer that was not passed on: LiteLLM logs it as a failure that cost nothing, the provider does not."""
    used = usage_of(response)
    deployment = str((kwargs.get("model_info") or {}).get("id"))
    if used is None:
        lost(here, kwargs, deployment)
    else:
        settle(here, kwargs, deployment, used)
    used = used or Usage(0, 0)
    usd = _usd(here, member, used, 0.0)
    spend(kwargs, usd)
    _write(here, kwargs, Call(member, f"rejected: {why}", used.prompt, used.completion, usd))


def book_failed(here: Gateway, kwargs: Mapping[str, Any], deployment: str, error: object) -> None:
    """A hop that gave no answer; LiteLLM logs only the first of a request."""
    stamp = find(kwargs)
    if stamp is None or is_ours(error):
        return
    note(kwargs, erred=(*stamp.erred, deployment))
    write_call(here, stamp, kwargs, Call(here.member_of(deployment), "error", 0, 0, 0.0))


def _book(here: Gateway, kwargs: dict[str, Any], status: str) -> None:
    facts = kwargs.get("standard_logging_object") or {}
    deployment = str(facts.get("model_id"))
    member = here.member_of(deployment)
    stamp = find(kwargs)
    if stamp is None and not member:
        return  # refused before it was anybody's call
    if stamp is not None and stamp.settled and status == "ok":
        return  # booked when another member's answer took its place
    used, free = _used(facts), bool(facts.get("cache_hit"))
    if status == "ok":
        settle(here, kwargs, deployment, None if free else used)
    else:
        failed(here, kwargs, deployment, kwargs.get("exception"))
    if status != "ok" and is_ours(kwargs.get("exception")):
        return  # a call that was not made, or an answer that was booked when it was rejected
    if status != "ok" and stamp is not None and deployment in stamp.erred:
        return  # written down when it happened
    usd = 0.0 if free or status != "ok" else _usd(here, member, used, float(facts.get("response_cost") or 0.0))
    seconds = float(facts.get("endTime") or 0.0) - float(facts.get("startTime") or 0.0)
    if status == "ok" and stamp is not None and stamp.rejected:
        status = f"rejected: {stamp.rejected}"
    call = Call(member, status, used.prompt, used.completion, usd, round(seconds, 6), cached=free)
    _write(here, kwargs, call)


def _used(facts: Mapping[str, Any]) -> Usage:
    """As the provider reported it, with what went through its cache; else LiteLLM's own count."""
    reported = usage_of({"usage": (facts.get("metadata") or {}).get("usage_object")})
    if reported is not None and reported.prompt + reported.completion:
        return reported
    return Usage(*(int(facts.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")))


def _usd(here: Gateway, member: str, used: Usage, otherwise: float) -> float:
    """USD for a call: by the policy's own price where it has one, else what LiteLLM found."""
    known = here.policy.members.get(member)
    if known is None or known.location == "local":
        return 0.0 if known else otherwise
    return otherwise if known.price is None else dollars(cost(known.price, used))


def _write(here: Gateway, kwargs: dict[str, Any], call: Call) -> None:
    stamp, known = find(kwargs), here.policy.members.get(call.member)
    if call.usd and known is not None and known.price is None:
        here.purse.add(known.provider or "", nano(call.usd))
    write_call(here, stamp, kwargs, call)
