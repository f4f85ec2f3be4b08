"""The reservation of each call to a cloud: made in the gate before it, ended by whoever first learns how it ended.

Which reservation belongs to which deployment stands in the request's own metadata, beside the stamp. The provider is
sent its id as X-Client-Request-Id, so that a call in doubt can be looked up there
(https://platform.openai.com/docs/api-reference/debugging-requests).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from .money import Usage, cost, output_limit, prompt_bound, usage_of, worst
from .stamp import holds_of
from .state import Gateway

HEADER = "x-client-request-id"
_NO_TEXT = ("embedding", "rerank")
_CHATS = ("completion", "acompletion")
_NEVER_SENT = (
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ClientConnectorError",
    "ProxyError",
    "UnsupportedProtocol",
)
"""Errors of httpx and aiohttp before a request has left."""
_CUT_OFF = ("ReadTimeout", "WriteTimeout", "ReadError", "WriteError", "RemoteProtocolError", "ServerDisconnectedError")
_NOT_BILLED = range(400, 600)
_LONGEST = 12
_KIND = "kind of "
"""Stands before a deployment where the kind of its call is noted beside its reservation."""


async def hold(here: Gateway, kwargs: Mapping[str, Any], deployment: str, call_type: object) -> str | None:
    """Why a deployment may not be called for lack of money; None if it may, and the money is held.

    A bridged call asks twice for the same attempt, as two kinds of call; the second finds the first's reservation. A
    call of the same kind is another attempt: a stream broke off before its first word, and the next member is asked.
    """
    member = here.policy.members[here.member_of(deployment)]
    noted = holds_of(kwargs)
    if member.location == "local" or noted is None:
        return None
    kind = str(getattr(call_type, "value", call_type))
    if here.purse.holds(noted.get(deployment, "")):
        return f"{member.name} broke off" if noted.get(_KIND + deployment) == kind else None
    if member.price is None:
        return f"{member.name} has no price, so no budget can count it" if here.purse.limited(member.provider) else None
    body = {**kwargs, **limited(here, kwargs, deployment, call_type)}
    most = worst(member.price, member, body, prompt_bound(kwargs), answers=not _silent(call_type))
    id_ = uuid.uuid4().hex
    why = await here.purse.reserve(id_, member.provider or "", most)
    if why is None:
        noted |= {deployment: id_, _KIND + deployment: kind}
    return why


def limited(here: Gateway, kwargs: Mapping[str, Any], deployment: str, call_type: object) -> dict[str, Any]:
    """The length of the answer, added to a chat with a cloud that a budget counts where the client leaves it open."""
    member = here.policy.members.get(here.member_of(deployment))
    chat = str(getattr(call_type, "value", call_type)) in _CHATS
    if member is None or member.location == "local" or not chat or not here.purse.limited(member.provider):
        return {}
    limit = output_limit(member, kwargs)
    return {} if limit is None else {"max_tokens": limit}


def named(kwargs: Mapping[str, Any], deployment: str) -> dict[str, Any]:
    """What is added to a call so that its provider knows the reservation by name; nothing for a local one."""
    id_ = _id(kwargs, deployment)
    return {} if id_ is None else {"extra_headers": {**(kwargs.get("extra_headers") or {}), HEADER: id_}}


def answered(here: Gateway, kwargs: Mapping[str, Any], deployment: str, response: Any) -> None:
    """A whole answer came, and says what it used. A stream does not; its end is told later."""
    used = usage_of(response)
    if used is not None:
        settle(here, kwargs, deployment, used)


def settle(here: Gateway, kwargs: Mapping[str, Any], deployment: str, used: Usage | None) -> None:
    """Ends the reservation at what was used; None is nothing, for an answer out of the cache."""
    member, id_ = here.policy.members.get(here.member_of(deployment)), _id(kwargs, deployment)
    if id_ is not None and member is not None and member.price is not None:
        here.purse.settle(id_, 0 if used is None else cost(member.price, used))


def lost(here: Gateway, kwargs: Mapping[str, Any], deployment: str) -> None:
    """An answer came that does not say what it used."""
    id_ = _id(kwargs, deployment)
    if id_ is not None:
        here.purse.doubt(id_, "the answer did not say what it used")


def failed(here: Gateway, kwargs: Mapping[str, Any], deployment: str, error: object) -> None:
    """No answer came. What was never sent, and what the provider answered with an error, costs nothing; whatever was
    cut off may have been answered, and is in doubt."""
    id_ = _id(kwargs, deployment)
    if id_ is None:
        return
    if unbilled(error):
        here.purse.settle(id_, 0)
    else:
        here.purse.doubt(id_, f"{type(error).__name__}: the provider may have answered")


def unbilled(error: object) -> bool:
    """Whether a failure shows that the provider has charged nothing: the request was never sent, or answered with an
    error. LiteLLM wraps what happened; the error nearest to it that tells decides."""
    return next((told for each in _of_this_attempt(error) if (told := _tells(each)) is not None), False)


def _tells(error: BaseException) -> bool | None:
    """What one error shows; None where it shows nothing. LiteLLM's own make up a status where there was none."""
    kind = type(error)
    if kind.__module__.startswith("litellm"):
        return None
    names = {base.__name__ for base in kind.__mro__}
    if names & set(_NEVER_SENT):
        return True
    if names & set(_CUT_OFF) or any("Timeout" in name for name in names):
        return False
    status = getattr(getattr(error, "response", None), "status_code", None)
    return True if isinstance(status, int) and status in _NOT_BILLED else None


def _of_this_attempt(error: object) -> Iterator[BaseException]:
    """The causes of an error, nearest first. An attempt is made while the failure of the one before is handled, so that
    failure stands behind them; it begins with another of LiteLLM's public errors."""
    for place in range(_LONGEST):
        if not isinstance(error, BaseException) or (place and type(error).__module__ == "litellm.exceptions"):
            return
        yield error
        error = error.__cause__ or error.__context__


def _id(kwargs: Mapping[str, Any], deployment: str) -> str | None:
    return (holds_of(kwargs) or {}).get(deployment)


def _silent(call_type: object) -> bool:
    return any(name in str(getattr(call_type, "value", call_type)) for name in _NO_TEXT)
