"""The guards: an answer that is empty, or not in the form asked for, sends the request to the next member.

Where answers are checked, one that passed is then judged, and a better one may take its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from .answers import bad_request, fault, too_long, wants_json
from .book import book_rejected
from .checked import checked_answer
from .choices import answer
from .engine import CustomGuardrail, CustomLogger, is_ours, next_member_error, plain_guardrail
from .failures import STATUS, trigger
from .gate import deployment_id
from .judge import Attempt
from .refusals import FAILED, MESSAGE, status_of
from .rescue import rescued
from .stamp import blame, find, note, outgrown, reject
from .state import gateway

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
