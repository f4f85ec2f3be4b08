"""The resolved configuration: complete, frozen, without defaults left to apply.

Back ends read only this. `at` is the path in dream.yaml that a thing came from, so that checks can point at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dreamc.diagnostics.types import Path
from dreamc.sizing.ledger import Ledger
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import Fit

Mode = Literal["cloud", "local", "hybrid"]
Location = Literal["local", "cloud"]
MODES: tuple[Mode, ...] = ("cloud", "local", "hybrid")


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU. `total` is what CUDA shows, in bytes."""

    index: int
    name: str
    label: str
    total: int
    capability: tuple[int, int]
    confidence: str


@dataclass(frozen=True, slots=True)
class Host:
    """One machine; sizes in bytes."""

    name: str
    address: str
    cards: tuple[Card, ...]
    ram: int | None
    disk: int | None
    nvlink: bool
    desktop: int
    at: Path


@dataclass(frozen=True, slots=True)
class Instance:
    """One running server of a local model."""

    number: int
    host: str
    gpus: tuple[int, ...]
    service: str
    port: int
    why: str


@dataclass(frozen=True, slots=True)
class Local:
    """A model on the user's own GPUs.

    `source` is a Hugging Face repository or an Ollama tag; `context` in tokens; `timeout` in seconds.
    """

    name: str
    engine: Literal["vllm", "ollama"]
    source: str
    revision: str | None
    task: Literal["generate", "embed"]
    tier: str | None
    abilities: tuple[str, ...]
    context: int
    concurrency: int
    timeout: float
    keep_alive: float | None
    size: Fit | OllamaClaim
    tensor_parallel: int
    kv_cache_dtype: str
    engine_args: tuple[tuple[str, object], ...]
    instances: tuple[Instance, ...]
    description: str
    at: Path

    @property
    def location(self) -> Location:
        """Where it runs."""
        return "local"


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices in US dollars per million tokens."""

    input: float
    output: float
    cache_read: float | None
    cache_write: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """A model of a provider. `context` in tokens, 0 if unknown; `timeout` in seconds."""

    name: str
    provider: str
    id: str
    task: Literal["generate", "embed"]
    tier: str | None
    abilities: tuple[str, ...]
    context: int
    timeout: float
    rates: Rates | None
    description: str
    at: Path

    @property
    def location(self) -> Location:
        """Where it runs."""
        return "cloud"


Member = Local | Cloud


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret: where its value comes from, and the variable that carries it."""

    variable: str
    reference: str
    what: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A cloud account."""

    name: str
    kind: str
    prefix: str
    base_url: str
    domain: str
    secret: Secret | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    custom_price: bool
    description: str
    at: Path


@dataclass(frozen=True, slots=True)
class Route:
    """A name that clients may ask for, and who answers, in order."""

    alias: str
    kind: Literal["chain", "routed", "capability"]
    strategy: str
    members: tuple[str, ...]
    description: str
    at: Path


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier and the members that serve it, in order; the first ones belong to it, the rest stand in."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModeRoutes:
    """Everything that one mode answers."""

    mode: Mode
    routes: tuple[Route, ...]
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A mode that is not compiled, and why."""

    mode: Mode
    reason: str


@dataclass(frozen=True, slots=True)
class Bound:
    """Up to which complexity a tier serves. `budget_left` in US dollars."""

    tier: str
    up_to: float
    budget_left: float | None
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Spending limits in US dollars."""

    daily: float | None
    monthly: float | None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a tier is chosen, what it may cost, and what may leave the machine."""

    tiers: tuple[str, ...]
    actions: tuple[tuple[str, str], ...]
    bounds: tuple[Bound, ...]
    prefer: Location
    when_cut: str
    quality: Mapping[str, object] | None
    consensus: Mapping[str, object] | None
    cache_ttl: float | None
    budget: Limits
    alert_at: float | None
    whitelist: Mapping[str, object] | None
    fallbacks_enabled: bool
    triggers: tuple[str, ...]
    timeout: float
    cooldown: float
    client_timeout: float


@dataclass(frozen=True, slots=True)
class Gateway:
    """The LiteLLM proxy."""

    hosts: tuple[str, ...]
    replicas: int
    port: int
    bind: str
    secret: Secret
    redis: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """A service beside the models. `memory` in bytes; `options` are the file's own, by name."""

    name: str
    host: str
    port: int | None
    memory: int | None
    options: tuple[tuple[str, object], ...]
    at: Path


@dataclass(frozen=True, slots=True)
class CardLedger:
    """What lies on one card."""

    host: str
    card: Card
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Stack:
    """One resolved dream.yaml."""

    name: str
    mode: Mode
    vllm: str
    images: tuple[tuple[str, str], ...]
    registry: str | None
    root: str
    hosts: tuple[Host, ...]
    locals: tuple[Local, ...]
    clouds: tuple[Cloud, ...]
    providers: tuple[Provider, ...]
    modes: tuple[ModeRoutes, ...]
    skipped: tuple[Skipped, ...]
    policy: Policy
    gateway: Gateway
    services: tuple[Extra, ...]
    ledgers: tuple[CardLedger, ...]
    usage_log: str | None
    input_sha256: str

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names that clients may ask for, the same in every compiled mode."""
        return tuple(route.alias for route in self.modes[0].routes) if self.modes else ()

    def members(self) -> dict[str, Member]:
        """Every model by name."""
        everyone: tuple[Member, ...] = (*self.locals, *self.clouds)
        return {member.name: member for member in everyone}
