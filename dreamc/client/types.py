"""What the client gives back: an answer, who gave it and why, what it cost, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Self, TypedDict

from dreamc.errors import DreamError


class GatewayError(DreamError):
    """No answer. `status` is the HTTP status, None where the gateway was not reached; `reason` is what it said.

    400: the request is wrong. 401: the key. 403: forbidden by the policy. 404: no such name. 413: too large.
    429: the budget is used up, or a model is busy. 5xx: no model answered.
    """

    def __init__(self, reason: str, status: int | None = None, remedy: str = "") -> None:
        said = f"the gateway answered {status}: {reason}" if status is not None else reason
        super().__init__(said, "the request was not answered", remedy)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Model:
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gateway decided. `tier` None: a plain chain. `attempts` counts the calls of models."""

    alias: str
    action: str | None
    tier: str | None
    model: Model
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Quality:
    """`score` in [0, 1], None where the gateway did not check. `passed`: at least the threshold asked for."""

    score: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class CallStats:
    """One request of this client. `cost` in USD, None where the gateway could not say; `latency_s` seconds, measured
    here; `time` ISO 8601 in UTC; `status` is ok, or the HTTP status of a refusal."""

    time: str
    status: str
    alias: str
    action: str | None
    tier: str | None
    model: str
    reason: str
    attempts: int
    quality: float | None
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    latency_s: float


class Answer(str):  # noqa: SLOT000 - a text cannot have slots
    """The text of an answer, which also knows its decision and its stats."""

    decision: Decision
    stats: CallStats

    def __new__(cls, text: str, decision: Decision, stats: CallStats) -> Self:
        made = super().__new__(cls, text)
        made.decision = decision
        made.stats = stats
        return made


class Checked(NamedTuple):
    """`stats` has one entry for the request; calls of several models within it are counted in `decision.attempts`."""

    response: str
    decision: Decision
    quality: Quality
    stats: tuple[CallStats, ...]


class TierStats(TypedDict):
    calls: int
    cost: float
    latency_s: float | None


class CostSummary(TypedDict):
    """USD. `source` gateway: all clients, this calendar month; client: what this Router saw since it was made."""

    source: Literal["gateway", "client"]
    total_cost: float | None
    savings: float | None
    savings_pct: float | None
    budget_remaining: float | None
    local_requests: int | None
    cloud_requests: int | None
    tier_stats: dict[str, TierStats]
