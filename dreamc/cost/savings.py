"""Logged calls at other prices: what one model alone would have cost, and what the file's prices make of them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import inf

from msgspec import Struct

from dreamc.cost.report import Figures
from dreamc.cost.usage_log import Line
from dreamc.runtime.money import NANO, Usage, cost
from dreamc.runtime.types import Member, Price
from dreamc.stack.spending import Rates
from dreamc.stack.types import Stack

NOTE = (
    "What the answered requests would have cost at the reference model's price, with the tokens that were counted, "
    "less what was paid; long prompts at the plain price. Power and hardware of local models are not in it."
)
_FINE = 1_000_000
"""Parts of a nano-dollar in which a token's price is whole."""


class Savings(Struct, frozen=True):
    """`share` of what the reference model alone would have cost at `price`; None where that is nothing."""

    reference: Member
    price: Price
    nano_pure: int
    nano_paid: int
    share: float | None

    @property
    def nano_usd(self) -> int:
        return self.nano_pure - self.nano_paid


def savings(total: Figures, against: Member | None) -> Savings | None:
    """What was paid against the reference model alone (`simulate.reference`); None where there is none."""
    if against is None or against.price is None:
        return None
    used = Usage(total.answered_prompt_tokens, total.answered_completion_tokens)
    pure = cost(replace(against.price, above_tokens=None, above=None), used)
    return Savings(against, against.price, pure, total.nano_usd, round(1 - total.nano_usd / pure, 4) if pure else None)


def at_prices_of(stack: Stack) -> Callable[[Line], int]:
    """Nano-dollars of a line at the file's prices, rounded up as the ledger does; as booked where the model is not in
    the file or has no price. The log does not tell what went through a provider's cache: all is full price."""
    prices = {one.name: _tariffs(one.rates) for one in stack.clouds if one.rates is not None}

    def found(line: Line) -> int:
        tariffs = prices.get(line.member)
        if tariffs is None or line.served == "cache":
            return round(line.usd * NANO)
        bound, base, above = tariffs
        read, wrote = base if line.prompt_tokens <= bound else above
        return -(-(line.prompt_tokens * read + line.completion_tokens * wrote) // _FINE)

    return found


def _tariffs(rates: Rates) -> tuple[float, tuple[int, int], tuple[int, int]]:
    """The tokens of a prompt up to which the first tariff holds, it, and the one above."""
    if rates.above is None:
        return inf, _fine(rates), _fine(rates)
    return rates.above_tokens or 0, _fine(rates), _fine(rates.above)


def _fine(rates: Rates) -> tuple[int, int]:
    """A millionth of a nano-dollar per token, of input and output: USD per million tokens times 10^9."""
    read, wrote = (int((Decimal(str(one)) * NANO).to_integral_value()) for one in (rates.input, rates.output))
    return read, wrote
