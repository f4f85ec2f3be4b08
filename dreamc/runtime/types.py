"""What a policy says, as frozen values: members, tiers, modes, actions, bounds, budget, whitelist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Location = Literal["local", "cloud"]
TRIGGERS = ("timeout", "connection", "server_error", "rate_limit", "empty", "invalid")
CHECKS = (
    *("not_empty", "not_refused", "valid_json", "parses_as_code"),
    *("complete", "not_repetitive", "not_hedging"),
)
"""The checks that `quality.checks` may name, beside import paths."""
SCORERS = ("dream", "litellm")
"""Who scores the complexity of a prompt: `complexity.score`, or LiteLLM in the gateway (`foreign_score`)."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; what goes through a provider's cache costs as much as the rest where that is None.

    A request whose prompt has more than `above_tokens` is charged at `above`, all of it.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    above_tokens: int | None = None
    above: Price | None = None

    def of(self, prompt: int) -> Price:
        """The tariff of a request with `prompt` tokens."""
        return self.above if self.above is not None and prompt > (self.above_tokens or 0) else self


@dataclass(frozen=True, slots=True)
class Member:
    """A model that can answer: a local one or one of a provider. `context` and `max_output` in tokens, None where
    unknown."""

    name: str
    location: Location
    domain: str | None
    tier: str | None
    context: int | None
    price: Price | None
    abilities: tuple[str, ...]
    provider: str | None = None
    max_output: int | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """What a name asked for stands for: all members in order, and whether the policy chooses a tier."""

    routed: bool
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mode:
    aliases: Mapping[str, Alias]
    tiers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A tier serves scores up to `up_to`; with less than `budget_left_usd` left, `otherwise` serves instead."""

    tier: str
    up_to: float
    budget_left_usd: float | None
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class ProviderBudget:
    """Limits in USD for one provider, beside those of the stack."""

    provider: str
    daily_usd: float | None
    monthly_usd: float | None


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits in USD per calendar day and month (UTC), None where unlimited; `alert_at` is a share from 0 to 1."""

    daily_usd: float | None
    monthly_usd: float | None
    alert_at: float
    providers: tuple[ProviderBudget, ...] = ()

    def counts(self, provider: str | None) -> bool:
        """Whether a limit holds for what a provider charges."""
        own = [one for one in self.providers if one.provider == provider]
        limits = [limit for one in own for limit in (one.daily_usd, one.monthly_usd)]
        return any(limit is not None for limit in (self.daily_usd, self.monthly_usd, *limits))


@dataclass(frozen=True, slots=True)
class Whitelist:
    cloud_domains: tuple[str, ...]
    domains: tuple[str, ...]
    mcp_servers: tuple[str, ...]
    tasks: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Quality:
    threshold: float
    max_attempts: int
    self_critique: bool
    checks: tuple[str, ...]
    agreement: bool = False


@dataclass(frozen=True, slots=True)
class Consensus:
    actions: tuple[str, ...]
    models: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Usage:
    """When the usage log is put aside (bytes, seconds), how many such files are kept, and whether prompts are in it."""

    rotate_bytes: int = 67_108_864
    rotate_s: float = 2_592_000.0
    keep: int = 12
    prompts: bool = False


_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Policy:
    stack: str
    aliases: tuple[str, ...]
    members: Mapping[str, Member]
    tiers: tuple[str, ...]
    modes: Mapping[str, Mode]
    actions: Mapping[str, str]
    complexity: tuple[Bound, ...]
    budget: Budget
    whitelist: Whitelist | None
    quality: Quality | None
    consensus: Consensus | None
    cache_ttl_s: float | None
    triggers: tuple[str, ...]
    timeout_s: float
    usage_log: str | None
    cot_prompt: str | None = None
    usage: Usage = _USAGE
    mcp_servers: tuple[str, ...] = ()
    scorer: str = "dream"
