"""Asks the gateway, which decides; remembers what it said about the cost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from dreamc.client.log import Log
from dreamc.client.types import (
    Answer,
    CallStats,
    Checked,
    CostSummary,
    Decision,
    GatewayError,
    Model,
    Quality,
    TierStats,
)
from dreamc.client.wire import Reply, Wire

URL = "http://127.0.0.1:4000"
CHAT = "/v1/chat/completions"
MOST_ATTEMPTS = 10


class Router:
    """A gateway, as a program sees it. Safe to use from several threads; close it, or use it as a context manager.

    `base_url`: DREAM_GATEWAY_URL, else http://127.0.0.1:4000. `key`: DREAM_GATEWAY_KEY. `alias`: the name asked for,
    a routed chain by default. `timeout` in seconds. Only connecting is tried again, `retries` times: a request that
    was sent may have been paid for. `quality_threshold`: the score from which an answer counts as passed.
    """

    def __init__(
        self,
        base_url: str | None = None,
        key: str | None = None,
        *,
        alias: str = "auto",
        timeout: float = 600.0,
        retries: int = 2,
        quality_threshold: float = 0.7,
    ) -> None:
        url = (base_url or os.environ.get("DREAM_GATEWAY_URL") or URL).rstrip("/").removesuffix("/v1")
        self._wire = Wire(url, os.environ.get("DREAM_GATEWAY_KEY", "") if key is None else key, timeout, retries)
        self._alias = alias
        self._threshold = quality_threshold
        self._log = Log()

    def route(
        self,
        prompt: str,
        action_type: str | None = None,
        context: str | None = None,
        *,
        alias: str | None = None,
        force_local: bool = False,
        force_cloud: bool = False,
        max_cost: float | None = None,
        **body: Any,
    ) -> Answer:
        """The answer to `prompt`: a text that carries its `decision` and `stats`.

        `action_type` chooses the tier. `context` goes before the prompt as a system message. `max_cost` in USD for this
        request. `body` is sent as it is (max_tokens, temperature, response_format, ...). Raises GatewayError.
        """
        wishes: dict[str, Any] = {"force_local": force_local or None, "force_cloud": force_cloud or None}
        return self._ask(prompt, context, alias, body, {**wishes, "action_type": action_type, "max_cost_usd": max_cost})

    def route_with_quality_check(
        self,
        prompt: str,
        action_type: str | None = None,
        max_fallback_attempts: int = 2,
        context: str | None = None,
        *,
        alias: str | None = None,
        **body: Any,
    ) -> Checked:
        """(response, decision, quality, stats). The gateway checks the answer and escalates where it does not pass, to
        `max_fallback_attempts` answers in all and no more than its policy allows. Raises GatewayError."""
        attempts = min(max(max_fallback_attempts, 1), MOST_ATTEMPTS)
        said = {"action_type": action_type, "quality_check": True, "max_attempts": attempts}
        answer = self._ask(prompt, context, alias, body, said)
        score = answer.stats.quality
        passed = bool(answer.strip()) if score is None else score >= self._threshold
        return Checked(str(answer), answer.decision, Quality(score, passed), (answer.stats,))

    def get_cost_summary(self) -> CostSummary:
        """What the gateway says of this month; where it does not say, what this client saw."""
        with suppress(GatewayError, KeyError, TypeError):
            return _summary(self._wire.get("/stats").body)
        return self._log.summary()

    def export_usage_log(self, path: str | Path) -> int:
        """Writes the requests of this client as JSON lines, without prompts and answers; how many. At most the latest
        10,000 are kept."""
        return self._log.export(Path(path))

    def models(self) -> tuple[str, ...]:
        """The names that may be asked for."""
        return tuple(str(row["id"]) for row in self._wire.get("/v1/models").body["data"])

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(
        self, prompt: str, context: str | None, alias: str | None, extra: Mapping[str, Any], said: Mapping[str, Any]
    ) -> Answer:
        before = [{"role": "system", "content": context}] if context else []
        name, metadata = alias or self._alias, {key: value for key, value in said.items() if value is not None}
        messages = [*before, {"role": "user", "content": prompt}]
        body = {**extra, "model": name, "messages": messages, "metadata": {**extra.get("metadata", {}), **metadata}}
        if extra.get("stream"):
            raise ValueError("this client reads whole answers; for streams, use an OpenAI client")
        time, action = datetime.now(UTC).isoformat(timespec="milliseconds"), said.get("action_type")
        try:
            reply = self._wire.post(CHAT, body, {})
            answer = _answer(reply, name, action, time)
        except GatewayError as error:
            self._log.add(_refused(error, name, action, time))
            raise
        self._log.add(answer.stats)
        return answer


def _answer(reply: Reply, alias: str, action: str | None, time: str) -> Answer:
    told = reply.headers
    try:
        text = reply.body["choices"][0]["message"].get("content") or ""
        used = reply.body.get("usage") or {}
    except (KeyError, IndexError, TypeError, AttributeError):
        raise GatewayError("the answer is not a chat completion", 200, "is that the gateway's address?") from None
    tier, attempts = told.get("x-dream-tier"), int(_number(told.get("x-dream-attempts")) or 1)
    decision = Decision(
        alias, action, tier, Model(told.get("x-dream-model", "")), told.get("x-dream-reason", ""), attempts
    )
    stats = CallStats(
        time=time,
        status="ok",
        alias=alias,
        action=action,
        tier=tier,
        model=decision.model.name,
        reason=decision.reason,
        attempts=attempts,
        quality=_number(told.get("x-dream-quality")),
        prompt_tokens=int(used.get("prompt_tokens") or 0),
        completion_tokens=int(used.get("completion_tokens") or 0),
        cost=_number(told.get("x-dream-cost-usd")),
        latency_s=round(reply.seconds, 4),
    )
    return Answer(text, decision, stats)


def _refused(error: GatewayError, alias: str, action: str | None, time: str) -> CallStats:
    status = "unreached" if error.status is None else str(error.status)
    return CallStats(time, status, alias, action, None, "", error.reason, 0, None, 0, 0, 0.0, 0.0)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _summary(told: Mapping[str, Any]) -> CostSummary:
    """From the gateway's /stats."""
    savings = told.get("savings") or {}
    share = savings.get("share")
    return CostSummary(
        source="gateway",
        total_cost=told["cost_this_month_usd"],
        savings=savings.get("usd"),
        savings_pct=None if share is None else round(share * 100, 1),
        budget_remaining=told["budget_left_usd"],
        local_requests=told["local_requests"],
        cloud_requests=told["cloud_requests"],
        tier_stats={
            row["tier"] or "": TierStats(calls=row["calls"], cost=row["usd"], latency_s=row.get("p50_s"))
            for row in told["tiers"]
        },
    )
