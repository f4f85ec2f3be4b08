"""A month of steady traffic under a policy and its budget: who answers what, and from when on somebody else does.

Requests of every kind come evenly over each day, so money flows at a rate that changes only where a limit or a
condition on the budget left is met. Between two such points nothing has to be decided anew.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from dreamc.cost.arrival import Arrival
from dreamc.cost.serve import Found, Server
from dreamc.cost.types import Traffic, Work
from dreamc.cost.wallet import Cap, Wallet, caps
from dreamc.runtime.money import dollars, nano, output_limit, worst
from dreamc.runtime.policy import Refusal
from dreamc.runtime.types import Member, Policy

DAYS = 30
"""Of the month that is expected; the worst case is that of the longest one."""
ENOUGH = 1e-12
"""Of a day: what is left of it after rounding."""


class Part(Struct, frozen=True):
    """Requests of one kind that one member answers: `share` of all requests of the month, from 0 to 1. `member` "":
    they are refused. `usd` is the mean cost of one, None where its price is not known."""

    action: str | None
    member: str
    tier: str
    location: str
    share: float
    input: float
    output: float
    usd: float | None
    why: str


class Shift(Struct, frozen=True):
    """For want of money the requests of a kind go on to another member: first on this day of the month (from 1), when
    `at` of its requests (0 to 1) have come; so it does on `days` days. `after` "": they are refused. Where that happens
    in the course of several days, and on others from the morning on, these are a shift of their own."""

    action: str | None
    before: str
    after: str
    day: int
    at: float
    days: int
    why: str


class Month(Struct, frozen=True):
    """`usd` of the whole month, None where a price is not known; `days` of it. Shares of `parts` sum to 1."""

    usd: float | None
    days: int
    parts: tuple[Part, ...]
    shifts: tuple[Shift, ...]

    def share(self, location: str) -> float:
        """Share of the requests that are answered "local" or "cloud", or by nobody ("")."""
        return sum(part.share for part in self.parts if part.location == location)


_Key = tuple[int, str, str, bool]
"""Of a shift: the kind's place, who before, who after, and whether it is so from the morning on."""


class _Now(NamedTuple):
    """What holds until the next change: per kind who answers, per provider nano-dollars a day."""

    found: tuple[Found, ...]
    flow: dict[str, float]


def month(policy: Policy, mode: str, alias: str, traffic: Traffic, days: int = DAYS) -> Month:
    """`days` days, the budgets untouched at the beginning, with all requests asking for `alias`."""
    run = _Run(policy, mode, alias, traffic)
    for day in range(1, days + 1):
        run.day(day)
    return run.result(days)


class _Run:
    """The state of a month on its way."""

    def __init__(self, policy: Policy, mode: str, alias: str, traffic: Traffic) -> None:
        self._policy, self._alias, self._traffic = policy, alias, traffic
        self._server, self._wallet = Server(policy, mode), Wallet(policy.budget)
        self._caps = caps(policy.budget)
        self._spent = [0] * len(self._caps)
        self._total = 0
        self._arrivals = tuple(Arrival("", one.action, round(one.input), round(one.output), score=one.score)
                               for one in traffic.kinds)  # fmt: skip
        names = policy.modes[mode].aliases[alias].members
        self._clouds = tuple(one for name in names if (one := policy.members[name]).location == "cloud")
        self._parts: dict[tuple[int, str], Part] = {}
        self._shifts: dict[_Key, Shift] = {}

    def day(self, day: int) -> None:
        """From midnight to midnight; daily limits begin anew."""
        self._wallet.begin(f"2000-01-{day:02d}")
        self._spent = [0 if cap.daily else spent for cap, spent in zip(self._caps, self._spent, strict=True)]
        gone, last = 0.0, None
        while gone < 1 - ENOUGH:
            now = self._look()
            self._note(day, gone, last, now)
            step = min(1 - gone, self._until(now))
            self._go(now, step)
            gone, last = gone + step, now

    def result(self, days: int) -> Month:
        """What became of it."""
        parts = tuple(replace(one, share=one.share / days) for one in self._parts.values())
        unknown = any(one.usd is None for one in parts)
        return Month(None if unknown else dollars(self._total), days, parts, _joined(self._shifts))

    def _look(self) -> _Now:
        flow: dict[str, float] = defaultdict(float)
        found = tuple(self._server.find(one, self._alias, self._wallet) for one in self._arrivals)
        for work, who in zip(self._traffic.kinds, found, strict=True):
            member = self._policy.members.get(who.member)
            if member is not None and member.location == "cloud":
                flow[member.provider or ""] += (
                    self._traffic.per_day * work.share * 1e9 * (price_of(member, work) or 0.0)
                )
        return _Now(found, dict(flow))

    def _until(self, now: _Now) -> float:
        """Days until money changes a decision; infinity where it never does."""
        times = [math.inf]
        for cap, spent in zip(self._caps, self._spent, strict=True):
            rate = _rate(now.flow, cap)
            left = cap.nano - spent
            times += [(left - point) / rate for point in self._points(cap) if rate > 0 and point < left]
        return min(times)

    def _points(self, cap: Cap) -> list[int]:
        """What is left of a limit, in nano-dollars, where a decision may change: conditions, and what one call may cost
        with the longest answer (as the door asks) or with the one that the gate allows. More points do no harm."""
        points = [0]
        if cap.provider is None:
            steps = (bound.budget_left_usd for bound in self._policy.complexity)
            points += [nano(step) for step in steps if step is not None]
        for member in self._clouds:
            if cap.provider in (None, member.provider) and member.price is not None:
                points += [
                    worst(member.price, member, body, one.most_input) - 1
                    for body in ({}, {"max_tokens": output_limit(member, {})})
                    for one in self._arrivals
                ]
        return [point for point in points if point >= 0]

    def _go(self, now: _Now, step: float) -> None:
        for provider, rate in now.flow.items():
            mine = [at for at, cap in enumerate(self._caps) if cap.provider in (None, provider)]
            most = min((self._caps[at].nano - self._spent[at] for at in mine), default=None)
            amount = math.ceil(rate * step) if most is None else min(math.ceil(rate * step), most)
            self._wallet.spend(provider, amount)
            self._total += amount
            for at in mine:
                self._spent[at] += amount
        for at, work in enumerate(self._traffic.kinds):
            key = (at, now.found[at].member)
            known = self._parts.get(key) or self._part(work, now.found[at])
            self._parts[key] = replace(known, share=known.share + work.share * step)

    def _part(self, work: Work, found: Found) -> Part:
        member, made = self._policy.members.get(found.member), found.made
        why = "; ".join(made.reasons)
        if member is None or isinstance(made, Refusal):
            return Part(work.action, "", "", "", 0.0, work.input, work.output, 0.0, why)
        usd = price_of(member, work)
        tier = made.tier or ""
        return Part(work.action, member.name, tier, member.location, 0.0, work.input, work.output, usd, why)

    def _note(self, day: int, gone: float, last: _Now | None, now: _Now) -> None:
        """Who answers another kind than a moment before, or than on an untouched budget in the morning."""
        for at, (work, found) in enumerate(zip(self._traffic.kinds, now.found, strict=True)):
            before = last.found[at].member if last else _first(found)
            if before == found.member:
                continue
            key = (at, before, found.member, gone == 0)
            known = self._shifts.get(key)
            fresh = Shift(work.action, before, found.member, day, gone, 1, _why(found))
            self._shifts[key] = replace(known, days=known.days + 1) if known else fresh


def price_of(member: Member, work: Work) -> float | None:
    """USD of one request of mean size without the provider's cache; 0 for a local one, None without a price."""
    if member.location == "local":
        return 0.0
    if member.price is None:
        return None
    tariff = member.price.of(int(work.input))
    return (work.input * tariff.input + work.output * tariff.output) / 1e6


def _rate(flow: dict[str, float], cap: Cap) -> float:
    return sum(flow.values()) if cap.provider is None else flow.get(cap.provider, 0.0)


def _joined(shifts: dict[_Key, Shift]) -> tuple[Shift, ...]:
    """What begins in the course of one day and goes on from the next morning is one shift."""
    found = dict(shifts)
    for key, shift in shifts.items():
        morning = found.get((*key[:3], True))
        if not key[3] and shift.days == 1 and morning is not None and morning.day == shift.day + 1:
            found[key] = replace(shift, days=1 + morning.days)
            del found[(*key[:3], True)]
    return tuple(found.values())


def _first(found: Found) -> str:
    """Who answers with money enough."""
    return "" if isinstance(found.wanted, Refusal) else found.wanted.members[0]


def _why(found: Found) -> str:
    """What the want of money adds to the reasons."""
    more = [reason for reason in found.made.reasons if reason not in found.wanted.reasons]
    return "; ".join(more) or "the budget has not the money for it"
