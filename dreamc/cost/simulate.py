"""Requests sent through a policy one after the other: who answers each, what it costs, and where the budget stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from dreamc.cost.arrival import Arrival, Place
from dreamc.cost.serve import Found, Server, answers
from dreamc.cost.wallet import Wallet
from dreamc.runtime.money import UNSAID_OUTPUT, Usage, cost
from dreamc.runtime.policy import Decision, Refusal
from dreamc.runtime.types import Member, Policy, Price
from dreamc.stack.types import Stack

Hit = Literal["", "diverted", "refused"]


class Side(Struct, frozen=True):
    """A file and its policy as the gateway reads it."""

    stack: Stack
    policy: Policy


class Outcome(Struct, frozen=True, gc=False):
    """What became of one request. `member` is who was decided to answer, "" for nobody; `calls` are all that were made
    for it. Money in nano-dollars: `nano` was paid, `pure` is what the reference model alone would have cost. `hit`: the
    budget sent it to another member, or had it refused. `known`: the log holds this very answer."""

    day: str
    tier: str | None
    member: str
    place: Place
    nano: int
    pure: int
    calls: tuple[tuple[str, int], ...] = ()
    hit: Hit = ""
    known: bool = False

    @property
    def answered(self) -> bool:
        """Whether somebody answered it."""
        return self.place != ""


class Run(Struct, frozen=True):
    """The outcomes of `arrivals`, in their order. `alias` is the name that those ask for which name nothing; `paid_by`
    is the policy at whose prices a log was paid."""

    policy: Policy
    mode: str
    alias: str
    paid_by: Policy
    arrivals: tuple[Arrival, ...]
    outcomes: tuple[Outcome, ...]


def reference(policy: Policy) -> Member | None:
    """The model that savings are measured against, as /stats does: the first cloud model of the dearest tier that has a
    price; without tiers, the one whose output costs the most. None where no cloud model has a price."""
    priced = tuple(one for one in policy.members.values() if one.location == "cloud" and one.price is not None)
    placed = (one for tier in reversed(policy.tiers) for one in priced if one.tier == tier)
    dearest = max(priced, key=lambda one: one.price.output if one.price else 0.0, default=None)
    return next(placed, dearest)


def routed(policy: Policy, mode: str) -> str:
    """The name that a request asks for where nothing says which: the first routed one, else the first."""
    aliases = policy.modes[mode].aliases
    return next((name for name, alias in aliases.items() if alias.routed), next(iter(aliases)))


def run(
    policy: Policy,
    mode: str,
    arrivals: Iterable[Arrival],
    alias: str = "",
    paid_by: Policy | None = None,
    server: Server | None = None,
) -> Run:
    """Every request in turn, its money counted before the next one is decided.

    `paid_by` is the policy at whose prices a log was paid, None for this one: a call that the log holds costs what was
    paid for it, or where this policy has another price, as much more or less. `server` is one of the same policy and
    mode that has decided before.
    """
    asked, all_ = alias or routed(policy, mode), tuple(arrivals)
    desk = _Desk(policy, asked, paid_by or policy, server or Server(policy, mode))
    return Run(policy, mode, asked, paid_by or policy, all_, tuple(desk.outcome(one) for one in all_))


class _Desk:
    """One policy with its budget, as it stands after the requests so far."""

    def __init__(self, policy: Policy, alias: str, paid_by: Policy, server: Server) -> None:
        dearest = reference(policy)
        self._policy, self._alias, self._before = policy, alias, paid_by.members
        self._price = dearest.price if dearest is not None else None
        self._server, self._wallet = server, Wallet(policy.budget)

    def outcome(self, one: Arrival) -> Outcome:
        self._wallet.begin(one.day)
        if one.stays:
            place: Place = "cache" if one.stays == "cache" else ""
            return Outcome(one.day, None, one.first if place else "", place, 0, self._pure(one) if place else 0)
        found = self._server.find(one, one.alias or self._alias, self._wallet)
        if not found.member:
            return Outcome(one.day, None, "", "", 0, 0, (), _hit(found, one))
        calls = self._calls(found.member, one)
        for member, amount in calls:
            if amount:
                self._wallet.spend(self._provider(member), amount)
        tier = found.made.tier if isinstance(found.made, Decision) else None
        known = found.member == one.first
        return Outcome(
            day=one.day,
            tier=tier,
            member=found.member,
            place=one.place if known and one.place else self._policy.members[found.member].location,
            nano=sum(amount for _, amount in calls),
            pure=self._pure(one),
            calls=calls,
            hit=_hit(found, one),
            known=known,
        )

    def _calls(self, member: str, one: Arrival) -> tuple[tuple[str, int], ...]:
        """The calls of the log where it shows this answer; else the one call, at this policy's price."""
        if member == one.first and one.calls:
            return tuple((name, self._repriced(name, amount, one)) for name, amount in one.calls)
        answering = self._policy.members[member]
        return ((member, _cost(answering.price, one, self._longest(answering, one))),)

    def _longest(self, member: Member, one: Arrival) -> int:
        """Tokens of its answer: as long as it is, within what client, model and gateway set (runtime/holds.py)."""
        unsaid = UNSAID_OUTPUT if one.limit is None and self._policy.budget.counts(member.provider) else None
        return min(each for each in (one.output, one.limit, member.max_output, unsaid) if each is not None)

    def _repriced(self, name: str, amount: int, one: Arrival) -> int:
        was, now = self._before.get(name), self._policy.members.get(name)
        if not amount or was is None or now is None or was.price == now.price:
            return amount
        before = _cost(was.price, one)
        return round(amount * _cost(now.price, one) / before) if before else amount

    def _provider(self, name: str) -> str | None:
        known = self._policy.members.get(name) or self._before.get(name)
        return known.provider if known is not None else None

    def _pure(self, one: Arrival) -> int:
        return _cost(self._price, one)


def _cost(price: Price | None, one: Arrival, output: int | None = None) -> int:
    return 0 if price is None else cost(price, Usage(one.input, one.output if output is None else output))


def _hit(found: Found, one: Arrival) -> Hit:
    """What the budget changed."""
    if found.made is found.wanted:
        return ""
    if isinstance(found.made, Refusal) or not found.member:
        return "refused" if isinstance(found.wanted, Decision) else ""
    return "diverted" if found.member != answers(found.wanted, one) else ""
