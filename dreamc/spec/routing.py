"""`fallbacks:`, `capabilities:`, `routing:`, `budget:`, `whitelist:`, `tests:` — who answers which request."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dreamc.document.scalars import Duration, Money, SecretRef, Share, Tokens, wrong
from dreamc.spec.base import AnswerCheck, Domain, McpName, Name, Number, Spec, Switch, Wait, Whole, Word

Trigger = Literal["timeout", "connection", "server_error", "rate_limit", "empty", "invalid"]
Mode = Literal["cloud", "local", "hybrid"]


class Chain(Spec):
    """A chain in its long form."""

    members: tuple[str, ...] = Field(min_length=1, description="Models, in the order in which they are tried.")
    description: str | None = Field(default=None, description="One line for people; copied to the catalogue.")


class Fallbacks(Spec):
    """Which model answers when another does not."""

    enabled: Switch = Field(default=True, description="`false`: only the first model of a chain is asked.")
    timeout: Wait = Field(default=30.0, description="Longest wait for one model before the next is asked.")
    client_timeout: Wait = Field(
        default=600.0, description="How long clients wait; a chain whose worst case is longer is reported."
    )
    cooldown: Duration = Field(default=30.0, description="How long a model that failed is left alone.")
    triggers: tuple[Trigger, ...] = Field(
        default=("timeout", "connection", "server_error", "rate_limit", "empty", "invalid"),
        description="What makes the gateway ask the next model.",
    )
    chains: dict[Name, Literal["routed"] | tuple[str, ...] | Chain] = Field(
        default={},
        description="Names that clients may ask for, each with the models that answer, in order; `routed` lets "
        "`routing` choose the tier. A chain that is named after a model begins with that model.",
    )


class Capability(Spec):
    """A skill that clients may ask for by name."""

    models: tuple[str, ...] = Field(min_length=1, description="Models that have the skill.")
    strategy: Literal["priority", "load_balance", "least_loaded", "fastest", "cheapest"] = Field(
        default="priority", description="How one of the models is chosen."
    )
    description: str | None = Field(default=None, description="One line for people; copied to the catalogue.")


class Bound(Spec):
    """Until which complexity a tier serves, and on what condition."""

    up_to: Number | None = Field(default=None, ge=0, le=1, description="Highest score in [0, 1] that the tier serves.")
    budget_left: Money | None = Field(
        default=None, description="The tier serves only while this much of the budget is left."
    )
    else_: str | None = Field(default=None, alias="else", description="Tier that serves when the condition fails.")

    @model_validator(mode="after")
    def _else_needs_a_condition(self) -> Self:
        if self.else_ is not None and self.budget_left is None:
            message = "'else' names who serves when too little budget is left, but no 'budget_left' is given"
            raise wrong("DRM115", message, "never used", "add budget_left: 1 USD, or remove else")
        return self


COT_PROMPT = "Work through the problem step by step, check each step, and end with the final answer."


class Quality(Spec):
    """Answers of routed chains that are checked before the client sees them; streams are held until then."""

    threshold: Number = Field(default=0.7, ge=0, le=1, description="Lowest score in [0, 1] that passes.")
    max_attempts: Whole = Field(default=2, ge=1, le=10, description="Tiers tried before the best answer is returned.")
    self_critique: Switch = Field(default=False, description="Whether the model is asked to judge its own answer.")
    agreement: Switch = Field(
        default=False,
        description="Whether a second model of the same or a cheaper tier is asked; escalates where the two differ.",
    )
    checks: tuple[AnswerCheck, ...] = Field(
        default=("not_empty", "not_refused", "valid_json", "parses_as_code", "complete", "not_repetitive"),
        description="What is checked, by name, or by `module:function` of a `module.py` beside this file: it is called "
        "as f(answer, action, prompt) and gives a score in [0, 1], true or false.",
    )


class Consensus(Spec):
    """Several models answer and have to agree."""

    actions: tuple[Word, ...] = Field(min_length=1, description="Kinds of action that need agreement.")
    models: Whole = Field(default=3, ge=2, le=9, description="How many models are asked.")
    threshold: Share = Field(default=0.66, description="Share of the answers that must agree, such as `66%`.")


class Cache(Spec):
    """Answers kept for the same question."""

    ttl: Wait = Field(default=86400.0, description="How long an answer is kept.")
    backend: Literal["redis", "memory"] | None = Field(
        default=None,
        description="Where: in the Redis beside the gateway, or in the memory of each gateway (its last 200 answers). "
        "Default: Redis where one runs beside the gateway.",
    )


class Routing(Spec):
    """The policy that chooses a tier for every request of a `routed` chain."""

    tiers: tuple[Word, ...] = Field(default=(), description="Tiers from the cheapest to the dearest.")
    actions: dict[Word, Word] = Field(
        default={}, description="Kind of action (`metadata.action_type` of the request) to tier; decides first."
    )
    complexity: dict[Word, Annotated[Number, Field(ge=0, le=1)] | Bound] = Field(
        default={}, description="Tier to the highest complexity score that it serves; decides where no action does."
    )
    scorer: Literal["dream", "litellm"] = Field(
        default="dream",
        description="Who scores a prompt: `dream`, or the scorer that LiteLLM brings, in the gateway. Bounds mean "
        "other things then: LiteLLM's own are 0.15, 0.35 and 0.60, and `dreamc route learn --bounds` sets them by your "
        "own log.",
    )
    quality: Quality | None = Field(default=None, description="Answers are checked and escalated to the next tier.")
    consensus: Consensus | None = Field(default=None, description="Actions for which several models have to agree.")
    cache: Cache | None = Field(default=None, description="Answers are kept and given again for the same question.")
    prefer: Literal["local", "cloud"] = Field(
        default="local",
        description="Which models of a tier are asked first, and which tiers stand in for one that does not answer: "
        "`local` those below it, `cloud` those above.",
    )
    cloud_from: Number | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Complexity score from which cloud tiers serve, where `complexity` gives no bounds.",
    )
    when_cut: Literal["local", "local_with_cot"] = Field(
        default="local",
        description="What answers when budget or whitelist forbid the cloud; `local_with_cot` asks the local model to "
        "think step by step.",
    )
    cot_prompt: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        default=COT_PROMPT,
        description="What `local_with_cot` adds to the system message, unless JSON or tool calls are asked for.",
    )


class Budget(Spec):
    """What the clouds may cost."""

    daily: Money | None = Field(default=None, description="Most spent per calendar day, such as `10 USD`.")
    monthly: Money | None = Field(default=None, description="Most spent per calendar month, such as `50 USD`.")
    alert_at: Share | None = Field(default=None, description="Share of a limit at which an alert is raised: `80%`.")
    alert_webhook: SecretRef | None = Field(
        default=None,
        description="Reference to the https address that alerts are posted to as JSON, such as `env://BUDGET_WEBHOOK`.",
    )
    ledger: Literal["sqlite", "redis", "postgres"] = Field(
        default="sqlite",
        description="Where money is counted: a file on each gateway host, the Redis beside the gateway, or PostgreSQL. "
        "Gateways on several hosts share a budget only through one server.",
    )
    ledger_url: SecretRef | None = Field(
        default=None,
        description="Reference to the address of the server, `postgresql://…` or `redis://…`. Default for `redis`: the "
        "one beside the gateway.",
    )


class Whitelist(Spec):
    """What may leave the machine. What is not listed is denied. Edits at run time are laid over it and stay."""

    cloud_apis: tuple[Domain, ...] = Field(
        default=(), description="Domains of cloud APIs that may be called, each with its subdomains."
    )
    domains: tuple[Domain, ...] = Field(default=(), description="Domains that agents and web search may visit.")
    mcp_servers: tuple[McpName, ...] = Field(
        default=(), description="MCP servers that agents may use; of those that run here, the gateway offers these."
    )
    allowed_for_cloud: dict[Word, Switch] = Field(
        default={},
        description="Kind of task to whether it may be sent to a cloud. Once kinds are listed, all others stay local. "
        "Requests that name no kind, and all of them where no kind is listed, are a matter of `cloud_apis` alone.",
    )


class Expect(Spec):
    """What the policy must decide."""

    tier: str | None = Field(default=None, description="Tier that must be chosen.")
    model: str | None = Field(default=None, description="Model that must be asked first.")
    location: Literal["local", "cloud"] | None = Field(default=None, description="Where the model must run.")
    members: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="All models that may answer, in the order in which they are asked."
    )
    refused: Literal[400, 403, 429] | None = Field(
        default=None,
        description="Status with which the request must be refused: 403 by the whitelist or its own wishes, 429 for "
        "want of budget, 400 where it fits no window.",
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        answered = (self.tier, self.model, self.location, self.members)
        if self.refused is None and answered == (None,) * len(answered):
            raise wrong("DRM115", "nothing is expected, so the test cannot fail", "empty", "write {location: local}")
        if self.refused is not None and answered != (None,) * len(answered):
            raise wrong("DRM115", "a request that is refused goes to nobody", "two answers", "keep one of them")
        return self


class Test(Spec):
    """A request and the route that it must take; checked by `dreamc check` without any server."""

    ask: str = Field(min_length=1, description="The prompt.")
    alias: str | None = Field(default=None, description="Name that the client asks for. Default: the routed chain.")
    mode: Mode | None = Field(default=None, description="Mode in which it is asked. Default: the file's mode.")
    action: Word | None = Field(default=None, description="Kind of action of the request.")
    score: Number | None = Field(
        default=None, ge=0, le=1, description="Complexity score of the request. Default: that of `ask`."
    )
    tokens: Tokens | None = Field(default=None, description="Length of prompt and context in tokens.")
    budget_left: Money | None = Field(default=None, description="Budget left when it is asked. Default: all of it.")
    force: Literal["local", "cloud"] | None = Field(
        default=None, description="Where the client wants it answered, and nowhere else (header `x-dream-force`)."
    )
    max_cost: Money | None = Field(
        default=None, description="The most that the client lets it cost (header `x-dream-max-cost-usd`)."
    )
    expect: Expect = Field(description="What the policy must decide: who answers, or with which status it is refused.")
