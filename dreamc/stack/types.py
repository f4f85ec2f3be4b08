"""The resolved configuration: complete, frozen, without defaults left to apply.

Back ends read only this. `at` is the path in dream.yaml that a thing came from, so that checks can point at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from dreamc.diagnostics.types import Path
from dreamc.hub.pins import File, ImagePin
from dreamc.sizing.ledger import Ledger
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import Fit
from dreamc.stack.costs import Costs
from dreamc.stack.spending import Limits, Rates
from dreamc.stack.usage import Usage

Mode = Literal["cloud", "local", "hybrid"]
Location = Literal["local", "cloud"]
MODES: tuple[Mode, ...] = ("cloud", "local", "hybrid")


class Card(Struct, frozen=True):
    """One GPU. `total` is what CUDA shows, in bytes."""

    index: int
    name: str
    label: str
    total: int
    capability: tuple[int, int]
    confidence: str


class Host(Struct, frozen=True):
    """One machine; sizes in bytes."""

    name: str
    address: str
    cards: tuple[Card, ...]
    ram: int | None
    disk: int | None
    nvlink: bool
    desktop: int
    at: Path


class Instance(Struct, frozen=True):
    """One running server of a local model."""

    number: int
    host: str
    gpus: tuple[int, ...]
    service: str
    port: int
    why: str


class Local(Struct, frozen=True):
    """A model on the user's own GPUs.

    `source` is a Hugging Face repository or an Ollama tag; `context` in tokens; `timeout` in seconds. From the lock
    file: `revision` (a commit), `digest` (of an Ollama manifest) and `files`; the last two empty without one.
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
    files: tuple[File, ...] = ()
    digest: str = ""

    @property
    def location(self) -> Location:
        """Where it runs."""
        return "local"


class Cloud(Struct, frozen=True):
    """A model of a provider. `context` and `max_output` in tokens, 0 if unknown; `timeout` in seconds."""

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
    max_output: int = 0

    @property
    def location(self) -> Location:
        """Where it runs."""
        return "cloud"


Member = Local | Cloud

GATEWAY_KEY, VLLM_KEY = "DREAM_GATEWAY_KEY", "DREAM_VLLM_KEY"
"""Variables of the key that clients present, and of the one that gateways present to vLLM servers on other hosts."""


class Secret(Struct, frozen=True):
    """A reference to a secret: where its value comes from, and the variable that carries it."""

    variable: str
    reference: str
    what: str


class Provider(Struct, frozen=True):
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
    budget: Limits = Limits(None, None)


class Route(Struct, frozen=True):
    """A name that clients may ask for, and who answers, in order."""

    alias: str
    kind: Literal["chain", "routed", "capability"]
    strategy: str
    members: tuple[str, ...]
    description: str
    at: Path


class Tier(Struct, frozen=True):
    """A tier and the members that serve it, in order; the first ones belong to it, the rest stand in."""

    name: str
    members: tuple[str, ...]


class ModeRoutes(Struct, frozen=True):
    """Everything that one mode answers."""

    mode: Mode
    routes: tuple[Route, ...]
    tiers: tuple[Tier, ...]


class Skipped(Struct, frozen=True):
    """A mode that is not compiled, and why."""

    mode: Mode
    reason: str


class Bound(Struct, frozen=True):
    """Up to which complexity a tier serves. `budget_left` in US dollars."""

    tier: str
    up_to: float
    budget_left: float | None
    otherwise: str | None


class Policy(Struct, frozen=True):
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
    cot_prompt: str | None = None
    cache_backend: str | None = None
    ledger: Literal["sqlite", "redis", "postgres"] = "sqlite"
    ledger_url: Secret | None = None
    alert_webhook: Secret | None = None
    scorer: Literal["dream", "litellm"] = "dream"


class Gateway(Struct, frozen=True):
    """The LiteLLM proxy."""

    hosts: tuple[str, ...]
    replicas: int
    port: int
    bind: str
    secret: Secret
    redis: bool


class McpServer(Struct, frozen=True):
    """An MCP server that gateways offer at /mcp. `host` is where it runs beside a gateway, "" for one elsewhere; of its
    tools `allowed` are offered, all where that is empty, but none of `disallowed`."""

    name: str
    url: str
    host: str
    allowed: tuple[str, ...]
    disallowed: tuple[str, ...]
    secret: Secret | None
    at: Path


class Extra(Struct, frozen=True):
    """A service beside the models. `memory` in bytes; `options` are the file's own, by name."""

    name: str
    host: str
    port: int | None
    memory: int | None
    options: tuple[tuple[str, object], ...]
    at: Path


class CardLedger(Struct, frozen=True):
    """What lies on one card."""

    host: str
    card: Card
    ledger: Ledger


class Stack(Struct, frozen=True):
    """One resolved dream.yaml. `images` are as they are written, with digests where the lock file has them;
    `image_pins` are its rows for them. `own_checks` are modules of the user's own: (path, text)."""

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
    image_pins: tuple[ImagePin, ...] = ()
    own_checks: tuple[tuple[str, str], ...] = ()
    usage: Usage = Usage()
    mcp_servers: tuple[McpServer, ...] = ()
    costs: Costs | None = None

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names that clients may ask for, the same in every compiled mode."""
        return tuple(route.alias for route in self.modes[0].routes) if self.modes else ()

    def service(self, name: str) -> Extra | None:
        """The service of that name, wherever it runs."""
        return next((one for one in self.services if one.name == name), None)

    def members(self) -> dict[str, Member]:
        """Every model by name."""
        return {one.name: one for one in self.locals} | {one.name: one for one in self.clouds}
