"""Calls of the gateway's own for one request: another member's answer, a critique. Gate and book hold for them too."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .answers import fault, wants_json
from .asks import texts
from .choices import answer, joined
from .engine import router
from .headers import answer_usd
from .judge import Attempt
from .stamp import Stamp, put, spend, spent
from .state import Gateway
from .whitelist import Ask, estimated_usd

_LOG = logging.getLogger("dream.quality")

_FORM = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format")
CARRIED = (
    *("messages", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "n", "user"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort"),
    *_FORM,
)
"""What of a client's request goes along to another member; everything else belongs to the first call."""

CRITIQUE_TOKENS = 512
"""Most tokens of a critique; models that think first need some."""
_NOT_CACHED = {"no-cache": True, "no-store": True}
"""A kept answer would be that of whichever member was asked first."""


@dataclass(slots=True)
class Nested:
    """Asks members by the alias, which holds them all, with a stamp that admits the one.

    `left_usd` is what the request may still cost, None without a limit of its own. A member that fails is no answer.
    """

    here: Gateway
    stamp: Stamp
    body: Mapping[str, Any]
    stream: bool
    left_usd: float | None = None

    async def __call__(self, member: str, part: str, prompt: str | None) -> Attempt | None:
        body = self._body(member, part, prompt)
        if not self.affords(member, body):
            return None
        try:
            attempt = await self._attempt(member, body)
        except Exception as error:  # noqa: BLE001 - every way in which a member fails comes to the same
            _LOG.info("%s gave no answer for %s: %s", member, part, error)
            spend(self.body, spent(body))
            return None
        spend(self.body, spent(body) + (answer_usd(self.here, member, attempt.response) or 0.0))
        wrong = fault(attempt.answers, self.here.policy.triggers, prompt is None and wants_json(self.body))
        return None if wrong else attempt

    async def _attempt(self, member: str, body: Mapping[str, Any]) -> Attempt:
        response: Any = await router().acompletion(**body)
        if not body["stream"]:
            return Attempt(member, tuple(map(answer, response.choices)), response)
        chunks = [chunk async for chunk in response]
        return Attempt(member, joined(chunks), chunks)

    def _body(self, member: str, part: str, prompt: str | None) -> dict[str, Any]:
        carried = {name: self.body[name] for name in CARRIED if self.body.get(name) is not None}
        if prompt is not None:
            asked = {"messages": [{"role": "user", "content": prompt}], "temperature": 0}
            carried = {**asked, "max_tokens": CRITIQUE_TOKENS}
        streams = self.stream and part in ("escalation", "consensus")
        body = {**carried, "model": self.stamp.alias, "stream": streams, "cache": _NOT_CACHED}
        put(body, self._stamp(member, part))
        return body

    def _stamp(self, member: str, part: str) -> Stamp:
        bare = Stamp(self.stamp.alias, None, self.stamp.alias, (member,), self.stamp.action, self.stamp.reason)
        own = replace(bare, part=part, reason=f"{part}: {bare.reason}", client=self.stamp.client)
        return replace(own, tier=self.here.policy.members[member].tier, score=self.stamp.score)

    def affords(self, member: str, body: Mapping[str, Any]) -> bool:
        """Whether the request's own limit holds this call as well; what it may cost is taken from what is left."""
        known = self.here.policy.members[member]
        if self.left_usd is None or known.location == "local":
            return True
        prompt, context = texts(body)
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        ask = Ask(self.stamp.alias, prompt, context, max_output_tokens=limit if isinstance(limit, int) else None)
        usd = None if known.price is None else estimated_usd(known.price, ask)
        if usd is None or usd > self.left_usd:
            return False
        self.left_usd -= usd
        return True


def nested(here: Gateway, stamp: Stamp, body: Mapping[str, Any], member: str, *, stream: bool) -> Nested:
    """For a request that `member` has answered: what that may have cost is gone from the request's own limit."""
    made = Nested(here, stamp, body, stream, stamp.max_cost_usd)
    made.affords(member, body)
    return made
