"""The door: every client request is decided here before LiteLLM routes it, and every answer gets its headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from .asks import STEERING, BadAsk, read
from .engine import CustomLogger, HTTPException
from .policy import Decision, Refusal, decide
from .stamp import find, put, scrub, stamp_of
from .state import Gateway, gateway

CALLS = (
    *("acompletion", "completion", "atext_completion", "text_completion", "aembedding", "embedding"),
    *("anthropic_messages", "aresponses", "responses"),
)
"""The kinds of calls that LiteLLM routes hop by hop through the gate."""


class Door(CustomLogger):
    """Refuses what is not a call of an alias, drops the client's own steering, and names the group to call."""

    async def async_pre_call_hook(
        self, user_api_key_dict: object, cache: object, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        if call_type not in CALLS:
            _refuse(403, (f"{call_type} does not go through the policy and is closed",))
        return admit(gateway(), data)

    async def async_post_call_response_headers_hook(
        self,
        data: dict[str, Any],
        user_api_key_dict: object,
        response: object,
        request_headers: dict[str, str] | None = None,
        litellm_call_info: dict[str, Any] | None = None,
    ) -> dict[str, str] | None:
        stamp = find(data)
        if stamp is None:
            return None
        told = litellm_call_info or {}
        member = gateway().member_of(str(told.get("model_id") or (told.get("model_info") or {}).get("id")))
        named = {"x-dream-tier": stamp.tier, "x-dream-model": member, "x-dream-reason": stamp.reason}
        return {name: _header(value) for name, value in named.items() if value}


def admit(here: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the group to call instead of the alias, and the stamp. Raises HTTPException."""
    for name in STEERING:
        body.pop(name, None)
    scrub(body)
    try:
        ask = read(body, _headers(body), here.budget_left_usd())
    except BadAsk as error:
        _refuse(400, (str(error),))
    decision = decide(here.policy, here.mode, ask)
    match decision:
        case Refusal(status, reasons):
            _refuse(status, reasons)
        case Decision():
            body["model"] = decision.group
            put(body, stamp_of(decision, ask.action))
    return body


def _headers(body: Mapping[str, Any]) -> Mapping[str, str]:
    return (body.get("proxy_server_request") or {}).get("headers") or {}


def _refuse(status: int, reasons: tuple[str, ...]) -> NoReturn:
    raise HTTPException(status, {"error": "; ".join(reasons), "source": "dream policy"})


def _header(value: str) -> str:
    """Printable ASCII in one line: names from a policy may hold anything."""
    return "".join(char if " " <= char <= "~" else "?" for char in value)[:400]
