"""What this process may still spend: reservations of calls in flight, and the ledger's standing as last seen.

The standing is a hint that is at most FRESH_S old, for decisions. What counts is the reservation, which the ledger
grants or refuses in one transaction over all gateways.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .alerts import Alert, Alerts, first_day
from .ledger import (
    Account,
    Add,
    Adopt,
    Answer,
    Claim,
    Day,
    Doubt,
    Ledger,
    LedgerError,
    Limit,
    Look,
    Open,
    Reserve,
    Settle,
    Standing,
    day_of,
)
from .money import dollars
from .writer import Writer

_LOG = logging.getLogger("dream.budget")

FRESH_S = 0.25
PATIENCE_S = 3_600.0
"""Seconds after which a call of this process is put in doubt if nobody has said how it ended."""
AWAY = "the ledger cannot be reached, so the cloud is closed"
_STOPPED = "the gateway stopped before the call ended"
_NO_END = "nobody saw the end of the call"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a purse goes by. `instance` names this gateway and outlives its restarts; its workers share it."""

    ledger: Ledger
    stack: str
    limits: tuple[Limit, ...]
    clock: Callable[[], datetime]
    instance: str = "gateway"
    alert_at: float = 1.0
    alerts: Alerts = field(default_factory=lambda: Alerts(None))


@dataclass(frozen=True, slots=True)
class _Held:
    """A call of this process whose end nobody has told yet. `written` is False where the ledger was away."""

    provider: str
    nano: int
    written: bool
    since: float


class Purse:
    """Safe to use from the event loop: nothing here waits for the ledger but `look`, `reserve` and what is read."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._start = uuid.uuid4().hex
        self._writer = Writer(terms.ledger, lambda: Look(self._today(), terms.limits), self._seen)
        self._held: dict[str, _Held] = {}
        self._standing: Standing | None = None
        self._seen_at = self._asked_at = float("-inf")
        self._failing = self._behind = False
        self._told: set[str] = set()
        providers = {limit.provider for limit in terms.limits}
        self._own = {one: tuple(limit for limit in terms.limits if limit.provider in (None, one)) for one in providers}
        self._everybody = tuple(limit for limit in terms.limits if limit.provider is None)

    def open(self) -> Future[list[Answer]]:
        """Takes up what an earlier start of this gateway left behind."""
        return self._writer.ask(Adopt(self._terms.instance, self._start, _STOPPED))

    async def look(self) -> None:
        """Looks into the ledger unless that was done a moment ago. Where one request follows another, the next look is
        asked for before the last one is too old, so that nobody waits for it."""
        if not self._terms.limits:
            return
        if not self._fresh():
            await asyncio.wait((asyncio.wrap_future(self._writer.ask()),))
        elif time.monotonic() - max(self._seen_at, self._asked_at) > FRESH_S / 2:
            self._asked_at = time.monotonic()
            self._writer.ask()

    def accounts(self) -> tuple[tuple[Limit, Account], ...] | None:
        """What is counted against each limit; None where the ledger cannot be read. Waits if `look` has not."""
        if not self._terms.limits:
            return ()
        if not self._fresh():
            self._writer.ask().exception()
        standing = self._standing
        return None if standing is None else tuple(zip(self._terms.limits, standing.accounts, strict=True))

    def left(self, provider: str | None) -> int | None:
        """Nano-dollars left under the tightest limit of a provider, or of the stack alone; None without any limit."""
        if not self._limits(provider):
            return None
        accounts = self.accounts()
        if accounts is None:
            return 0
        own = (limit.nano - one.spent for limit, one in accounts if limit.provider in (None, provider))
        return max(min(own), 0)

    def limited(self, provider: str | None) -> bool:
        return bool(self._limits(provider))

    @property
    def away(self) -> bool:
        """Whether the ledger could not be reached when it was last asked."""
        return self._failing

    async def reserve(self, id_: str, provider: str, nano: int) -> str | None:
        """Why the call may not be made; None if its money is held until `settle` or `doubt` says how it ended."""
        self._sweep()
        now, limits = self._terms.clock(), self._limits(provider)
        at = now.astimezone(UTC).isoformat(timespec="milliseconds")
        wanted = Reserve(id_, provider, nano, day_of(now), self._terms.instance, self._start, at, limits)
        try:
            (refused,) = await asyncio.wrap_future(self._writer.ask(wanted))
        except LedgerError:
            self._writer.post(Settle(id_, 0))  # it may have been written after all
            if limits:
                return AWAY
            self._held[id_] = _Held(provider, nano, written=False, since=time.monotonic())
            return None
        except asyncio.CancelledError:
            self._writer.post(Settle(id_, 0))
            raise
        if isinstance(refused, Limit):
            return self._refused(refused, nano)
        self._held[id_] = _Held(provider, nano, written=True, since=time.monotonic())
        return None

    def holds(self, id_: str) -> bool:
        return id_ in self._held

    def settle(self, id_: str, nano: int) -> bool:
        """What the call cost. False where somebody has said so before."""
        held = self._held.pop(id_, None)
        if held is None:
            return False
        if held.written:
            self._writer.post(Settle(id_, nano))
        elif nano:
            self._writer.post(Add(held.provider, nano, self._today()))
        return True

    def doubt(self, id_: str, why: str) -> bool:
        """Nobody knows what the call cost: it stays counted at the most that it can have."""
        held = self._held.pop(id_, None)
        if held is None:
            return False
        self._writer.post(Doubt(id_, why) if held.written else Add(held.provider, held.nano, self._today()))
        return True

    def add(self, provider: str, nano: int) -> None:
        """Books a call that was not reserved, because it has no price of ours and no limit holds for it."""
        self._writer.post(Add(provider, nano, self._today()))

    def days(self, first: str, last: str) -> tuple[Day, ...]:
        """From one ISO day to another, both included. Raises LedgerError."""
        return self._writer.read(lambda ledger: ledger.days(first, last)).result()

    def unsettled(self) -> tuple[Open, ...]:
        """Every reservation that is not settled: those of calls in flight, and those in doubt. Raises LedgerError."""
        return self._writer.read(lambda ledger: ledger.open()).result()

    def close(self) -> None:
        self._writer.close()

    def _limits(self, provider: str | None) -> tuple[Limit, ...]:
        return self._own.get(provider, self._everybody)

    def _today(self) -> str:
        return day_of(self._terms.clock())

    def _fresh(self) -> bool:
        """Also stale where another day has begun."""
        if time.monotonic() - self._seen_at > FRESH_S:
            return False
        return self._standing is None or self._standing.day >= self._today()

    def _refused(self, limit: Limit, nano: int) -> str:
        standing, whose = self._standing, f" of {limit.provider}" if limit.provider else ""
        if standing is None or limit not in self._terms.limits:
            return f"the budget{whose} is used up"
        account = standing.accounts[self._terms.limits.index(limit)]
        if account.spent + nano > limit.nano:
            self._tell("cut", limit, account, standing.day)
        left = max(limit.nano - account.taken, 0)
        return used_up(limit.provider, left, nano)

    def _sweep(self) -> None:
        """Puts in doubt what nobody came back for; the oldest stand first."""
        oldest = next(iter(self._held.items()), None)
        if oldest is not None and time.monotonic() - oldest[1].since > PATIENCE_S:
            self.doubt(oldest[0], _NO_END)

    def _seen(self, found: Standing | LedgerError) -> None:
        """In the writer's thread: what stands in the ledger now, or why nobody can tell."""
        if isinstance(found, LedgerError):
            if not self._failing:
                _LOG.error("%s; local models go on: %s", AWAY if self._terms.limits else "nothing is booked", found)
            self._standing, self._failing, self._seen_at = None, True, time.monotonic()
            return
        if self._failing:
            _LOG.warning("the ledger is back")
        self._standing, self._failing, self._seen_at = found, False, time.monotonic()
        self._mind_the_clock(found.day)
        for limit, account in zip(self._terms.limits, found.accounts, strict=True):
            if account.spent and account.spent >= self._terms.alert_at * limit.nano:
                self._tell("alert", limit, account, found.day)

    def _mind_the_clock(self, day: str) -> None:
        """A day of difference is two clocks around midnight; more is said, once."""
        yesterday = day_of(self._terms.clock() + timedelta(days=1))
        if day > yesterday and not self._behind:
            text = "the clock says %s, the ledger %s: budgets count on that day until the clock has passed it"
            _LOG.error(text, self._today(), day)
        self._behind = day > yesterday

    def _tell(self, kind: str, limit: Limit, account: Account, day: str) -> None:
        """Once, over all gateways: whoever claims the alert first says it."""
        alert = Alert(kind, self._terms.stack, limit, account, first_day(limit, day), self._terms.alert_at)
        if alert.key in self._told:
            return
        self._told.add(alert.key)
        self._writer.ask(Claim(alert.key)).add_done_callback(lambda answer: self._claimed(alert, answer))

    def _claimed(self, alert: Alert, answer: Future[list[Answer]]) -> None:
        if answer.exception() is not None:
            self._told.discard(alert.key)
        elif answer.result() == [True]:
            self._terms.alerts.say(alert)


def used_up(provider: str | None, left: int, wanted: int) -> str:
    """Why a call that may cost `wanted` nano-dollars is refused with `left` left."""
    whose = f" of {provider}" if provider else ""
    if left <= 0:
        return f"the budget{whose} is used up"
    return (
        f"this call may cost {dollars(wanted):.4f} USD, and {dollars(left):.4f} USD are left of the budget{whose}; "
        "a smaller max_tokens costs less"
    )
