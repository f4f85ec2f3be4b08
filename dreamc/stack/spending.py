"""What clouds charge, what they may cost, and how the gateway is told where that is counted."""

from __future__ import annotations

from msgspec import Struct

ALERT_WEBHOOK = "DREAM_ALERT_WEBHOOK"
"""The variable in which the gateway's runtime reads where alerts of the budget go."""
LEDGER_URL = "DREAM_LEDGER_URL"
"""The variable on the host of the address of the server that keeps the ledger."""


class Rates(Struct, frozen=True):
    """Prices in US dollars per million tokens. Requests with a prompt above `above_tokens` are charged at `above`."""

    input: float
    output: float
    cache_read: float | None
    cache_write: float | None
    source: str
    above_tokens: int | None = None
    above: Rates | None = None


class Limits(Struct, frozen=True):
    """Spending limits in US dollars."""

    daily: float | None
    monthly: float | None

    @property
    def given(self) -> bool:
        """Whether there is one."""
        return self.daily is not None or self.monthly is not None
