"""Streams of answers: held back until they say something, and taken from the next member where they do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from .answers import bad_request, fault, wants_json
from .checked import checked_stream
from .choices import begins, ends, foreign, joined, thinks
from .engine import is_ours, router
from .failures import broken
from .holds import lost
from .judge import Attempt
from .refusals import FAILED, MESSAGE, ClientLeft, Ended, Ending, ending, status_of
from .rows import write_failed
from .stamp import blame, find, note, put, tell
from .state import Gateway

_OF_FIRST_CALL = ("litellm_logging_obj", "proxy_server_request", "secret_fields", "deployment")

Body = dict[str, Any]


async def rescued(here: Gateway, stream: Any, body: Body) -> AsyncIterator[Any]:
    """The stream, its chunks held back until it says something; if it ends before, the next member's stream instead.

    Where JSON is asked for, or answers are judged, everything is held until it has been checked. Thoughts pass at once
    unless they may belong to an answer that does not stand. A stream that breaks off, and one after which no member is
    left, ends in what the client is told. Raises Ended.
    """
    first = body
    while True:
        attempt = _Stream(here, stream, body)
        try:
            async for chunk in attempt.passing():
                yield chunk
        except (GeneratorExit, asyncio.CancelledError):
            if body is not first:
                attempt.left()
            raise
        except Exception as error:
            if (told := _told(here, first, body, error)) is None:
                raise
            raise Ended(told) from error
        again = attempt.asked_again()
        if again is None:
            break
        body = again
        try:
            stream = await router().acompletion(**again)
        except Exception as error:
            if (told := _told(here, first, body, error)) is None:
                raise
            raise Ended(told) from error
    for chunk in await attempt.rest():
        yield chunk


class _Stream:
    """One member's stream, and what of it is held back."""

    def __init__(self, here: Gateway, stream: Any, body: Body) -> None:
        stamp = find(body)
        self._here, self._stream, self._body = here, stream, body
        self._form = wants_json(body) and "invalid" in here.policy.triggers
        self._whole = self._form or (stamp is not None and stamp.attempts_allowed > 0)
        self._held: list[Any] = []
        self._begun = False

    async def passing(self) -> AsyncIterator[Any]:
        """What the client gets at once."""
        try:
            async for chunk in self._stream:
                if not self._passes(chunk):
                    self._held.append(chunk)
                    if ends(chunk):
                        self._weigh()
                    continue
                if self._held:
                    note(self._body, rejected="")
                for each in (*self._held, chunk):
                    yield each
                self._held.clear()
        except Exception as error:
            self._broke(broken(error))
            raise

    def asked_again(self) -> Body | None:
        """The body of the request to the next member; None where this one's answer stands, or nobody can tell which
        member gave it."""
        wrong, stamp, member = self._wrong(), find(self._body), self._member()
        if wrong is None or stamp is None or not stamp.admits(member):
            return None
        again = {name: value for name, value in self._body.items() if name not in _OF_FIRST_CALL}
        put(again, replace(stamp.without(member), rejected=""))
        blame(again, member, FAILED, wrong)
        return {**again, "model": stamp.group, "stream": True}

    async def rest(self) -> list[Any]:
        """The chunks that stand at the end: those held, or where they are checked perhaps another member's."""
        stamp, member = find(self._body), self._member()
        judged = stamp is not None and stamp.attempts_allowed and member in self._here.policy.members
        if stamp is None or not judged or self._begun or self._wrong() is not None:
            return self._held
        attempt = Attempt(member, joined(self._held), self._held)
        return await checked_stream(self._here, stamp, self._body, attempt)

    def left(self) -> None:
        """The client hung up on a stream that LiteLLM does not know as its answer, and so does not book."""
        stamp = find(self._body)
        if stamp is not None:
            lost(self._here, self._body, self._id())
            write_failed(self._here, stamp, self._body, ClientLeft())

    def _passes(self, chunk: Any) -> bool:
        self._begun = self._begun or foreign(chunk) or (not self._whole and begins(chunk))
        return self._begun or (not self._whole and thinks(chunk))

    def _weigh(self) -> None:
        """Notes whether the answer, as far as it has come, will be passed on: LiteLLM books a stream at its end, before
        anybody behind it has seen that end."""
        stamp = find(self._body)
        if stamp is not None and stamp.admits(self._member()):
            note(self._body, rejected=self._wrong() or "")

    def _wrong(self) -> str | None:
        return None if self._begun else fault(joined(self._held), self._here.policy.triggers, self._form)

    def _broke(self, error: Exception) -> None:
        """LiteLLM asks the next member itself where nothing was said yet; this is the last one that broke off."""
        if not is_ours(error):
            status = bad_request(error) or status_of(error)
            blame(self._body, self._asked_last(), status, str(error)[:MESSAGE])

    def _asked_last(self) -> str:
        """The last member that was asked and whose failure nobody has told; the stream names the one before."""
        stamp = find(self._body)
        blamed = {name for name, _, _ in stamp.faults} if stamp else set()
        asked = map(self._here.member_of, reversed(stamp.called if stamp else ()))
        return next((name for name in asked if name not in blamed), self._member())

    def _member(self) -> str:
        return self._here.member_of(self._id())

    def _id(self) -> str:
        """Of the deployment that gave the stream."""
        return str((getattr(self._stream, "_hidden_params", None) or {}).get("model_id"))


def _told(here: Gateway, first: Body, body: Body, error: Exception) -> Ending | None:
    """What the client is told at the end of its stream, where more is known than LiteLLM's error says."""
    if body is not first:
        tell(first, body)
    stamp = find(body)
    return None if stamp is None else ending(here, stamp, error)
