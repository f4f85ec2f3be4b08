"""Lines for the usage log: of calls, and of requests that nobody answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .asks import texts
from .headers import attempts
from .stamp import Stamp
from .state import Gateway
from .usage import Row

_CLIENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ALIAS = 100
_REASON = 400


@dataclass(frozen=True, slots=True)
class Call:
    """What one call came to: tokens, USD and seconds."""

    member: str
    status: str
    prompt_tokens: int
    completion_tokens: int
    usd: float
    latency_s: float = 0.0
    cached: bool = False


def client_of(body: Mapping[str, Any]) -> str:
    """Who asks, as it says itself: the header x-dream-client, else OpenAI's `user`. Only for the log and reports."""
    told = (body.get("proxy_server_request") or {}).get("headers") or {}
    found = told.get("x-dream-client") or body.get("user")
    return found if isinstance(found, str) and _CLIENT.fullmatch(found) else ""


def write_call(here: Gateway, stamp: Stamp | None, kwargs: Mapping[str, Any], call: Call) -> None:
    """`stamp` is None for a call that came round the door."""
    known = here.policy.members.get(call.member)
    row = Row(
        **_request(here, stamp, kwargs),
        status=call.status,
        member=call.member,
        location=known.location if known else "",
        provider=(known.provider if known else None) or "",
        tier=stamp.tier if stamp else None,
        prompt_tokens=call.prompt_tokens,
        completion_tokens=call.completion_tokens,
        usd=call.usd,
        latency_s=call.latency_s,
        quality=stamp.quality if stamp else None,
        part=stamp.part if stamp else "",
        served=_served(here, stamp, call),
    )
    here.usage.write(row)


def write_failed(here: Gateway, stamp: Stamp, body: Mapping[str, Any], error: BaseException) -> None:
    """A request that was admitted and got no answer."""
    _write_nobody(here, _request(here, stamp, body), f"failed: {type(error).__name__}", stamp.tier)


def write_refused(here: Gateway, body: Mapping[str, Any], action: str | None, why: str) -> None:
    """A request that nobody was asked for."""
    request = _request(here, None, body)
    told = {"alias": str(body.get("model"))[:_ALIAS], "action": action, "client": client_of(body)}
    _write_nobody(here, {**request, **told}, f"refused: {why[:_REASON]}", None)


def _write_nobody(here: Gateway, request: dict[str, Any], status: str, tier: str | None) -> None:
    nothing: dict[str, Any] = {"prompt_tokens": 0, "completion_tokens": 0, "usd": 0.0, "latency_s": 0.0}
    here.usage.write(Row(**request, **nothing, status=status, member="", location="", tier=tier))


def _request(here: Gateway, stamp: Stamp | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What a line says of its request."""
    return {
        "time": here.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "id": str(kwargs.get("litellm_call_id") or "")[:64],
        "alias": stamp.alias if stamp else "",
        "group": stamp.group if stamp else "",
        "action": stamp.action if stamp else None,
        "reason": stamp.reason if stamp else "",
        "client": stamp.client if stamp else "",
        "attempts": attempts(stamp) if stamp else 1,
        "score": stamp.score if stamp else None,
        "prompt": texts(kwargs)[0] if here.policy.usage.prompts else None,
    }


def _served(here: Gateway, stamp: Stamp | None, call: Call) -> str:
    """Who answered the request: said once, on the line of its own first answer."""
    if stamp is None or stamp.part:
        return ""
    if stamp.answered:
        return here.policy.members[stamp.answered].location
    if call.status != "ok":
        return ""
    known = here.policy.members.get(call.member)
    return "cache" if call.cached else known.location if known else ""
