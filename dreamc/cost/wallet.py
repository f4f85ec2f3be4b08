"""A budget as the gateway's ledger keeps it, in memory: calendar days and months in UTC, one by one."""

from __future__ import annotations

from msgspec import Struct

from dreamc.runtime.money import nano
from dreamc.runtime.types import Budget


class Cap(Struct, frozen=True):
    """Nano-dollars for a calendar day or month; `provider` None is the stack as a whole."""

    provider: str | None
    daily: bool
    nano: int


class Wallet:
    """What is left under each limit. Nothing is in flight: every request is settled before the next one comes."""

    def __init__(self, budget: Budget) -> None:
        self._caps = caps(budget)
        self._spent = [0] * len(self._caps)
        self._day = ""
        self._tightest: dict[str | None, tuple[int, ...]] = {}

    def begin(self, day: str) -> None:
        """The ISO day in UTC from now on. As in the ledger, it never goes back."""
        if day <= self._day:
            return
        another_month = day[:7] != self._day[:7]
        self._day = day
        self._spent = [
            0 if cap.daily or another_month else spent for cap, spent in zip(self._caps, self._spent, strict=True)
        ]

    def left(self, provider: str | None) -> int | None:
        """Nano-dollars under the tightest limit of a provider, or of the stack alone; None without any limit."""
        mine = self._mine(provider)
        return max(min(self._caps[at].nano - self._spent[at] for at in mine), 0) if mine else None

    def spend(self, provider: str | None, amount: int) -> None:
        """Books nano-dollars that a call of a provider came to."""
        for at in self._mine(provider):
            self._spent[at] += amount

    def _mine(self, provider: str | None) -> tuple[int, ...]:
        found = self._tightest.get(provider)
        if found is None:
            known = enumerate(self._caps)
            found = self._tightest[provider] = tuple(at for at, cap in known if cap.provider in (None, provider))
        return found


def caps(budget: Budget) -> tuple[Cap, ...]:
    """The limits of a policy's budget, the stack's first."""
    pairs = ((None, budget.daily_usd, budget.monthly_usd),)
    own = ((one.provider, one.daily_usd, one.monthly_usd) for one in budget.providers)
    found: list[Cap] = []
    for provider, daily, monthly in (*pairs, *own):
        found += [Cap(provider, True, nano(daily))] if daily is not None else []
        found += [Cap(provider, False, nano(monthly))] if monthly is not None else []
    return tuple(found)
