"""What a policy says, as frozen values: members, tiers, modes, actions, bounds, budget, whitelist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Location = Literal["local", "cloud"]
TRIGGERS = ("timeout", "connection", "server_error", "rate_limit", "empty", "invalid")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Member:
    """A model that can answer: a local one or one of a provider. `context` in tokens, None where unknown."""

    name: str
    location: Location
    domain: str | None
    tier: str | None
    context: int | None
    price: Price | None
    abilities: tuple[str, ...]


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
class Budget:
    """Limits in USD per calendar day and month (UTC), None where unlimited; `alert_at` is a share from 0 to 1."""

    daily_usd: float | None
    monthly_usd: float | None
    alert_at: float


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


@dataclass(frozen=True, slots=True)
class Consensus:
    actions: tuple[str, ...]
    models: int
    threshold: float


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
