"""`providers:` — clouds that answer when the own GPUs should not."""

from typing import Literal

from pydantic import Field

from dreamc.document.scalars import Money, SecretRef, Tokens
from dreamc.spec.base import Address, Name, Number, Spec, Switch, Wait, Whole, Word
from dreamc.spec.models import Ability

Kind = Literal["anthropic", "openai", "google", "together", "ollama-cloud", "openai-compatible"]


class Rates(Spec):
    """Prices in US dollars per million tokens."""

    input: Number = Field(ge=0, description="US dollars per million input tokens.")
    output: Number = Field(ge=0, description="US dollars per million output tokens.")
    cache_read: Number | None = Field(
        default=None, ge=0, description="US dollars per million input tokens read from the provider's prompt cache."
    )
    cache_write: Number | None = Field(
        default=None, ge=0, description="US dollars per million input tokens written to the provider's prompt cache."
    )


class CloudModel(Spec):
    """One model of a provider."""

    id: str | None = Field(
        default=None, min_length=1, description="The provider's own model id. Default: the name of this entry."
    )
    tier: Word | None = Field(default=None, description="Tier of `routing.tiers` that this model belongs to.")
    enabled: Switch = Field(default=True, description="`false` keeps the entry in the file but routes nothing to it.")
    task: Literal["generate", "embed"] = Field(
        default="generate", description="`generate` answers chats; `embed` turns text into vectors."
    )
    context: Tokens | None = Field(
        default=None, description="Context window in tokens. Default: from the model tables."
    )
    abilities: tuple[Ability, ...] | None = Field(
        default=None, description="What the model can do beyond plain chat. Default: from the model tables."
    )
    usd_per_mtok: Rates | None = Field(
        default=None,
        description="Price in US dollars per million tokens, `{input: 3, output: 15}`. Default: from the price tables.",
    )
    timeout: Wait | None = Field(default=None, description="Longest wait for this model. Default: `fallbacks.timeout`.")
    description: str | None = Field(default=None, description="One line for people; copied to the catalogue.")


class RateLimits(Spec):
    """What the provider allows; the gateway stays below it."""

    requests_per_minute: Whole | None = Field(
        default=None, ge=1, description="Requests per minute, all models together."
    )
    tokens_per_minute: Whole | None = Field(default=None, ge=1, description="Tokens per minute, all models together.")


class ProviderBudget(Spec):
    """What one provider may cost, beside `budget:`."""

    daily: Money | None = Field(default=None, description="Most spent there per calendar day, such as `5 USD`.")
    monthly: Money | None = Field(default=None, description="Most spent there per calendar month, such as `20 USD`.")


class Provider(Spec):
    """One cloud account."""

    kind: Kind | None = Field(
        default=None, description="What the provider speaks. Default: the entry's name, where it is one of these."
    )
    key: SecretRef | None = Field(
        default=None,
        description="Reference to the API key: `env://NAME`, `file://PATH`, `sops://FILE#key` or "
        "`op://VAULT/ITEM/FIELD`; never the key itself.",
    )
    base_url: Address | None = Field(
        default=None,
        description="Address of the API. Needed for `openai-compatible`; else the provider's own.",
    )
    enabled: Switch = Field(default=True, description="`false` keeps the entry in the file but routes nothing to it.")
    models: dict[Name, CloudModel | None] = Field(
        default={}, description="Models of this provider, by the name that chains and tiers use."
    )
    rate_limits: RateLimits = Field(default=RateLimits(), description="What the provider allows.")
    budget: ProviderBudget = Field(
        default=ProviderBudget(), description="What this provider may cost; `budget:` holds for all of them together."
    )
    description: str | None = Field(default=None, description="One line for people; copied to the catalogue.")
