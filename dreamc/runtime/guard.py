"""The guards: an answer that is empty, or not in the form asked for, sends the request to the next member.

Where answers are checked, one that passed is then judged, and a better one may take its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from .answers import bad_request, fault, too_long, wants_json
from .book import book_rejected
from .checked import checked_answer, checked_stream
from .choices import answer, begins, foreign, joined, thinks
from .engine import CustomGuardrail, CustomLogger, is_ours, next_member_error, plain_guardrail, router
from .failures import STATUS, trigger
from .gate import deployment_id
from .judge import Attempt
from .refusals import FAILED, MESSAGE, Ended, Ending, ending, status_of
from .stamp import blame, find, note, outgrown, put, reject, tell
from .state import Gateway, gateway

_OF_FIRST_CALL = ("litellm_logging_obj", "litellm_call_id", "proxy_server_request", "secret_fields", "deployment")


_NAMED = "litellm.BadRequestError: "


class AnswerGuard(CustomGuardrail):
    """Whole answers. A guardrail, because only a guardrail's error makes the router go on to the next member."""

    def __init__(self) -> None:
        super().__init__(**plain_guardrail("dream-answers"))

    async def async_post_call_success_deployment_hook(
        self, request_data: dict[str, Any], response: Any, call_type: object
    ) -> Any:
        choices = getattr(response, "choices", None)
        if not choices:
            return None
        here, answers = gateway(), tuple(map(answer, choices))
        member = here.member_of(deployment_id(request_data))
        wrong = fault(answers, here.policy.triggers, wants_json(request_data))
        if wrong:
            book_rejected(here, request_data, member, response, wrong)
            reject(request_data, member)
            blame(request_data, member, FAILED, wrong)
            raise next_member_error(f"dream policy: {wrong}", str(request_data.get("model")))
        stamp = find(request_data)
        if stamp is None or not stamp.attempts_allowed or member not in here.policy.members:
            return None
        return await checked_answer(here, stamp, request_data, Attempt(member, answers, response))

    async def async_post_call_failure_deployment_hook(
        self,
        request_data: Mapping[str, Any],
        exception: Exception,
        call_type: object,
        fallback_depth: int | None = None,
    ) -> None:
        """A request that one member calls malformed is not sent to another, nor is one after a failure that is no
        trigger; a prompt that does not fit a window goes to a larger one."""
        here, kind, status = gateway(), trigger(exception), bad_request(exception)
        member = here.member_of(deployment_id(request_data))
        if not is_ours(exception):
            blame(request_data, member, status_of(exception), str(exception)[:MESSAGE])
        if status is not None:
            note(request_data, failed=str(exception).removeprefix(_NAMED)[:MESSAGE], failed_status=status)
        elif too_long(exception):
            known = here.policy.members.get(member)
            outgrown(request_data, (known.context if known else None) or 0)
        elif kind is not None and not (here.switches.fallbacks and kind in here.policy.triggers):
            note(request_data, failed=f"{kind}: {str(exception)[:MESSAGE]}", failed_status=STATUS[kind])


class StreamGuard(CustomLogger):
    """Streams of /v1/chat/completions and /v1/completions."""

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: object, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        async for chunk in rescued(gateway(), response, request_data):
            yield chunk


async def rescued(here: Gateway, stream: Any, body: dict[str, Any]) -> AsyncIterator[Any]:
    """The stream, its chunks held back until it says something; if it ends before, the next member's stream instead.

    Where JSON is asked for, or answers are judged, everything is held until it has been checked. Thoughts pass at once
    unless they may belong to an answer that does not stand. When no member is left, LiteLLM's own error ends the
    stream.
    """
    form = wants_json(body) and "invalid" in here.policy.triggers
    judged = (stamp := find(body)) is not None and stamp.attempts_allowed > 0
    first = body
    while True:
        held: list[Any] = []
        begun = False
        async for chunk in stream:
            begun = begun or foreign(chunk) or (not form and not judged and begins(chunk))
            if begun or (not form and not judged and thinks(chunk)):
                for earlier in (*held, chunk):
                    yield earlier
                held.clear()
            else:
                held.append(chunk)
        wrong = None if begun else fault(joined(held), here.policy.triggers, form)
        again = _asked_again(here, stream, body, wrong) if wrong else None
        if again is None:
            held = held if begun or wrong else await _judged(here, stream, body, held)
            break
        try:
            stream = await router().acompletion(**again)
        except Exception as error:
            tell(first, again)
            if (told := _told(here, again)) is None:
                raise
            raise Ended(told) from error
        body = again
    for chunk in held:
        yield chunk


def _told(here: Gateway, body: Mapping[str, Any]) -> Ending | None:
    """What the client of a stream is told, where more is known than LiteLLM's error says."""
    stamp = find(body)
    return None if stamp is None else ending(here, stamp)


def _asked_again(here: Gateway, stream: Any, body: dict[str, Any], wrong: str) -> dict[str, Any] | None:
    """The body of the request to the next member; None when it cannot be told which member gave the stream."""
    stamp, member = find(body), here.member_of(_model_id(stream))
    if stamp is None or not stamp.admits(member):
        return None
    again = {name: value for name, value in body.items() if name not in _OF_FIRST_CALL}
    put(again, stamp.without(member))
    blame(again, member, FAILED, wrong)
    return {**again, "model": stamp.group, "stream": True}


async def _judged(here: Gateway, stream: Any, body: dict[str, Any], held: list[Any]) -> list[Any]:
    """The chunks that stand: those held, or where they are checked perhaps another member's."""
    stamp, member = find(body), here.member_of(_model_id(stream))
    if stamp is None or not stamp.attempts_allowed or member not in here.policy.members:
        return held
    return await checked_stream(here, stamp, body, Attempt(member, joined(held), held))


def _model_id(stream: Any) -> str:
    return str((getattr(stream, "_hidden_params", None) or {}).get("model_id"))
