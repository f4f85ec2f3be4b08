"""The door: every client request is decided here before LiteLLM routes it, and every answer gets its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from .asks import STEERING, BadAsk, read
from .engine import CustomLogger, HTTPException
from .foreign import foreign_mcp
from .gate import MCP_CALL
from .headers import headers
from .kept import asked, bypasses, choose
from .policy import Decision, Refusal, decide, unscored
from .refusals import cause, ending
from .rows import client_of, write_failed, write_refused
from .stamp import find, put, scrub, stamp_of
from .state import Gateway, gateway
from .thinking import think
from .whitelist import Ask
from .wishes import Checking, checking, wishes

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
        if call_type == MCP_CALL:
            return offered(gateway(), data)
        if call_type not in CALLS:
            _refuse(403, (f"{call_type} does not go through the policy and is closed",))
        if gateway().clouds(data.get("model")):
            await gateway().purse.look()
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
        return headers(gateway(), stamp, member, response)

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: object,
        traceback_str: str | None = None,
    ) -> HTTPException | None:
        """The client is told what ended its request: LiteLLM would report one hop of it."""
        stamp = find(request_data)
        if stamp is not None:
            write_failed(gateway(), stamp, request_data, cause(original_exception))
        told = None if stamp is None else ending(gateway(), stamp, original_exception)
        return None if told is None else HTTPException(told.status, {"error": told.said, "source": told.source})


def offered(here: Gateway, call: dict[str, Any]) -> dict[str, Any]:
    """A call of an MCP tool, as it is. Which servers and tools there are, LiteLLM's configuration says; some may have
    been taken back since. Raises HTTPException."""
    name, before, now = str(call.get("mcp_server_name")), here.policy.whitelist, here.rules().whitelist
    taken_back = before and now and name in before.mcp_servers and name not in now.mcp_servers
    if name not in here.policy.mcp_servers or taken_back:
        _refuse(403, (f"the MCP server {name} is not whitelisted",))
    return call


def admit(here: Gateway, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the group to call instead of the alias, and the stamp. Raises HTTPException."""
    for name in STEERING:
        body.pop(name, None)
    scrub(body)
    try:
        ask = _ask(here, body)
        wished = wishes(body, _headers(body))
        choose(body, bypass=bypasses(body, _headers(body)))
    except BadAsk as error:
        write_refused(here, body, None, str(error))
        _refuse(400, (str(error),))
    rules = here.rules()
    if rules.whitelist is not None and (why := foreign_mcp(body)) is not None:
        write_refused(here, body, ask.action, why)
        _refuse(403, (why,))
    decision = decide(rules, here.mode, ask)
    match decision:
        case Refusal(status, reasons):
            write_refused(here, body, ask.action, "; ".join(reasons))
            _refuse(status, reasons)
        case Decision():
            decision = decision if here.switches.fallbacks else replace(decision, members=decision.members[:1])
            body["model"] = decision.group
            checked = _is_chat(body) and here.switches.fallbacks
            checks = checking(rules, here.mode, ask, wished) if checked else Checking()
            question = asked(body) if here.policy.cache_ttl_s is not None else ""
            put(body, stamp_of(decision, ask.action, checks, client_of(body), question))
            if decision.stands_in and here.policy.cot_prompt:
                think(body, here.policy.cot_prompt)
    return body


def _ask(here: Gateway, body: Mapping[str, Any]) -> Ask:
    """What is asked, with what there is to spend on it; where no cloud could answer, nobody looks."""
    clouds = here.clouds(body.get("model"))
    ask = read(body, _headers(body), here.budget_left_usd() if clouds else None)
    unpaid = here.unpaid(clouds, body)
    if here.scorer is not None and unscored(here.policy, here.mode, ask):
        ask = replace(ask, score=here.scorer(ask.prompt))
    return replace(ask, unpaid=unpaid) if unpaid else ask


def _is_chat(body: Mapping[str, Any]) -> bool:
    """Completions of editors are not checked: they are wanted at once, and are pieces of code."""
    return isinstance(body.get("messages"), list)


def _headers(body: Mapping[str, Any]) -> Mapping[str, str]:
    return (body.get("proxy_server_request") or {}).get("headers") or {}


def _refuse(status: int, reasons: tuple[str, ...]) -> NoReturn:
    raise HTTPException(status, {"error": "; ".join(reasons), "source": "dream policy"})
