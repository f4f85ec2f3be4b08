"""The guards: an answer that is empty, or not in the form asked for, sends the request to the next member."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from .answers import fault, wants_json
from .book import book_rejected
from .choices import answer, begins, joined, thinks
from .engine import CustomGuardrail, CustomLogger, next_member_error, plain_guardrail, router
from .gate import deployment_id
from .stamp import find, put, reject
from .state import Gateway, gateway

_OF_FIRST_CALL = ("litellm_logging_obj", "litellm_call_id", "proxy_server_request", "secret_fields", "deployment")


class AnswerGuard(CustomGuardrail):
    """Whole answers. A guardrail, because only a guardrail's error makes the router go on to the next member."""

    def __init__(self) -> None:
        super().__init__(**plain_guardrail("dream-answers"))

    async def async_post_call_success_deployment_hook(
        self, request_data: dict[str, Any], response: Any, call_type: object
    ) -> None:
        choices = getattr(response, "choices", None)
        if not choices:
            return
        wrong = fault(tuple(map(answer, choices)), gateway().policy.triggers, wants_json(request_data))
        if wrong:
            member = gateway().member_of(deployment_id(request_data))
            book_rejected(gateway(), request_data, member, response, wrong)
            reject(request_data, member)
            raise next_member_error(f"dream policy: {wrong}", str(request_data.get("model")))


class StreamGuard(CustomLogger):
    """Streams of /v1/chat/completions and /v1/completions."""

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: object, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        async for chunk in rescued(gateway(), response, request_data):
            yield chunk


async def rescued(here: Gateway, stream: Any, body: dict[str, Any]) -> AsyncIterator[Any]:
    """The stream, its chunks held back until it says something; if it ends before, the next member's stream instead.

    Where JSON is asked for, everything is held until it has been checked. Thoughts pass at once. When no member is
    left, LiteLLM's own error ends the stream.
    """
    form = wants_json(body) and "invalid" in here.policy.triggers
    while True:
        held: list[Any] = []
        begun = False
        async for chunk in stream:
            begun = begun or (not form and begins(chunk))
            if begun or (not form and thinks(chunk)):
                for earlier in (*held, chunk):
                    yield earlier
                held.clear()
            else:
                held.append(chunk)
        wrong = None if begun else fault(joined(held), here.policy.triggers, form)
        again = _asked_again(here, stream, body) if wrong else None
        if again is None:
            break
        body = again
        stream = await router().acompletion(**again)
    for chunk in held:
        yield chunk


def _asked_again(here: Gateway, stream: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    """The body of the request to the next member; None when it cannot be told which member gave the stream."""
    stamp, member = find(body), here.member_of(_model_id(stream))
    if stamp is None or not stamp.admits(member):
        return None
    again = {name: value for name, value in body.items() if name not in _OF_FIRST_CALL}
    put(again, stamp.without(member))
    return {**again, "model": stamp.group, "stream": True}


def _model_id(stream: Any) -> str:
    return str((getattr(stream, "_hidden_params", None) or {}).get("model_id"))
