"""`costs:` — what electricity, machines and traffic are; read by `dreamc cost` and by plans, never by the gateway."""

from typing import Literal

from pydantic import Field

from dreamc.document.rates import Lifetime, Power, Rent, Speed, Tariff
from dreamc.document.scalars import Money, Share, Tokens
from dreamc.spec.base import Label, Name, Number, Spec, Word

MOST_TOKENS = 10_000_000
"""Of a request or an answer: no model has a larger window, so more is a slip."""


class HostCosts(Spec):
    """What one machine costs: owned (`price`, `lifetime`, `busy`, `idle`) or rented (`rent`)."""

    busy: Power | None = Field(
        default=None, description="Power of the whole machine while it answers, such as `230 W`."
    )
    idle: Power | None = Field(
        default=None, description="Power of the whole machine while it waits, such as `40 W`. Default: not counted."
    )
    price: Money | None = Field(default=None, description="What the machine cost, such as `1200 EUR`.")
    lifetime: Lifetime | None = Field(
        default=None, description="Over which time its price is spread evenly, such as `4y`."
    )
    rent: Rent | None = Field(
        default=None, description="What a rented machine costs, power included, such as `2.40 USD/h`."
    )


class ModelSpeed(Spec):
    """How fast one local model is: the whole server under load, all requests together."""

    prefill: Speed | None = Field(default=None, description="Input tokens per second, such as `2500 tok/s`.")
    decode: Speed | None = Field(default=None, description="Output tokens per second, such as `480 tok/s`.")


class ActionTraffic(Spec):
    """One kind of action among the requests."""

    share: Share = Field(description="Share of all requests, such as `20%`.")
    input: Tokens | None = Field(
        default=None, le=MOST_TOKENS, description="Mean tokens of prompt and context. Default: those of all requests."
    )
    output: Tokens | None = Field(
        default=None, le=MOST_TOKENS, description="Mean tokens of the answer. Default: those of all requests."
    )


class Traffic(Spec):
    """The requests that are expected."""

    requests_per_day: Number = Field(ge=0, le=1e9, description="Requests per day, such as `100`.")
    input: Tokens = Field(
        le=MOST_TOKENS, description="Mean tokens of prompt and context of a request, such as `1500` or `4k`."
    )
    output: Tokens = Field(le=MOST_TOKENS, description="Mean tokens of an answer, such as `300`.")
    actions: dict[Word, Share | ActionTraffic] = Field(
        default={},
        description="Kind of action (`metadata.action_type`) to its share of the requests, `20%` or "
        "`{share: 5%, input: 8k, output: 2k}`. The rest of 100 % names no kind.",
    )


class Costs(Spec):
    """What the own machines cost, and which traffic is expected."""

    electricity: Tariff | None = Field(default=None, description="Price of electricity, such as `0.30 EUR/kWh`.")
    exchange: dict[Literal["EUR", "USD"], Money] = Field(
        default={}, description="What one unit of a currency is in the other: `{EUR: 1.08 USD}`. Never assumed."
    )
    hosts: dict[Label, HostCosts] = Field(default={}, description="Machines by name, and what they cost.")
    models: dict[Name, ModelSpeed] = Field(default={}, description="Local models by name, and how fast they are.")
    traffic: Traffic | None = Field(default=None, description="The requests that are expected.")
