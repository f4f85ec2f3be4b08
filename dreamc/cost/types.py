"""Traffic, and what it costs: the values that estimate, simulation, break-even and report hand on."""

from __future__ import annotations

from msgspec import Struct


class LongPrompts(Struct, frozen=True):
    """The tariff of requests whose prompt has more than `above` tokens, all of it; USD per million tokens."""

    above: int
    input: float
    output: float

    def __str__(self) -> str:
        return f"{self.input:g} + {self.output:g} above {self.above:,} tokens"


class Work(Struct, frozen=True):
    """One kind of request: `share` of all requests (0 to 1), `input` and `output` mean tokens of one.

    `action` None: the request names no kind, and the complexity score decides. `score` is that score where it is
    known, from 0 to 1; else it is reckoned from the length alone.
    """

    action: str | None
    share: float
    input: float
    output: float
    score: float | None = None


class Traffic(Struct, frozen=True):
    """`per_day` requests of these kinds, whose shares sum to 1. `alias` "": the routed chain, else the first.

    `source` says in words where the figures come from; `assumed` lists what nobody stated and was assumed instead.
    """

    per_day: float
    kinds: tuple[Work, ...]
    source: str
    alias: str = ""
    assumed: tuple[str, ...] = ()


class Amount(Struct, frozen=True):
    """Money with its currency (ISO 4217), and the band that it lies in; `low == high == value` where it is exact."""

    value: float
    currency: str
    low: float
    high: float
