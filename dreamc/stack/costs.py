"""`costs:` resolved: numbers in watts, years, tokens per second, and sums in the currency they were written in."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from dreamc.document.rates import Rent, Tariff
from dreamc.document.scalars import Money
from dreamc.spec.costs import ActionTraffic, HostCosts, Traffic
from dreamc.spec.costs import Costs as Spec

HOURS_PER_YEAR = 8760
"""Of 365 days."""


class Sum(Struct, frozen=True):
    """Money as it was written; `currency` is USD or EUR."""

    amount: float
    currency: str


class HostCost(Struct, frozen=True):
    """One machine. `busy` and `idle` in watts, `lifetime` in years of 365 days, `rent` per hour. Rented where `rent` is
    given; then the hour includes power and machine."""

    name: str
    busy: float | None = None
    idle: float | None = None
    price: Sum | None = None
    lifetime: float | None = None
    rent: Sum | None = None

    @property
    def hourly(self) -> Sum | None:
        """What an hour of the machine costs without power: its rent, or its price spread evenly over its lifetime."""
        if self.rent is not None:
            return self.rent
        if self.price is None or self.lifetime is None:
            return None
        return Sum(self.price.amount / (self.lifetime * HOURS_PER_YEAR), self.price.currency)


class ModelSpeed(Struct, frozen=True):
    """Tokens per second of a local model's whole server under load; None where not stated."""

    name: str
    prefill: float | None = None
    decode: float | None = None


class ActionShare(Struct, frozen=True):
    """A kind of action: `share` of all requests from 0 to 1, `input` and `output` mean tokens of one."""

    action: str
    share: float
    input: int
    output: int


class Expected(Struct, frozen=True):
    """The traffic that the file states: requests per day, mean tokens of one, and the kinds that are named."""

    per_day: float
    input: int
    output: int
    actions: tuple[ActionShare, ...] = ()


class Costs(Struct, frozen=True):
    """`electricity` per kWh. `usd_per_eur` is None where the file states no rate: then nothing is converted."""

    electricity: Sum | None = None
    usd_per_eur: float | None = None
    hosts: tuple[HostCost, ...] = ()
    models: tuple[ModelSpeed, ...] = ()
    traffic: Expected | None = None

    def host(self, name: str) -> HostCost | None:
        """What is stated of a machine."""
        return next((one for one in self.hosts if one.name == name), None)

    def speed(self, name: str) -> ModelSpeed | None:
        """What is stated of a local model."""
        return next((one for one in self.models if one.name == name), None)

    def amount_in(self, sum_: Sum, currency: str) -> float | None:
        """The sum in `currency`; None where the file states no rate."""
        if sum_.currency == currency:
            return sum_.amount
        if self.usd_per_eur is None:
            return None
        return sum_.amount * self.usd_per_eur if currency == "USD" else sum_.amount / self.usd_per_eur


def costs(spec: Spec | None) -> Costs | None:
    """What the file states; None where it has no `costs:`."""
    if spec is None:
        return None
    return Costs(
        electricity=_sum(spec.electricity),
        usd_per_eur=usd_per_eur(spec),
        hosts=tuple(_host(name, one) for name, one in spec.hosts.items()),
        models=tuple(ModelSpeed(name, one.prefill, one.decode) for name, one in spec.models.items()),
        traffic=None if spec.traffic is None else _traffic(spec.traffic),
    )


def usd_per_eur(spec: Spec) -> float | None:
    """The rate that the file states, from either side; None where it states none that means one."""
    euro, dollar = spec.exchange.get("EUR"), spec.exchange.get("USD")
    if euro is not None and euro.currency == "USD" and euro.amount > 0:
        return float(euro.amount)
    if dollar is not None and dollar.currency == "EUR" and dollar.amount > 0:
        return float(Decimal(1) / dollar.amount)
    return None


def _sum(written: Money | Tariff | Rent | None) -> Sum | None:
    return None if written is None else Sum(float(written.amount), written.currency)


def _host(name: str, spec: HostCosts) -> HostCost:
    return HostCost(name, spec.busy, spec.idle, _sum(spec.price), spec.lifetime, _sum(spec.rent))


def _traffic(spec: Traffic) -> Expected:
    kinds = tuple(_kind(name, one, spec) for name, one in spec.actions.items())
    return Expected(spec.requests_per_day, spec.input, spec.output, kinds)


def _kind(name: str, one: float | ActionTraffic, spec: Traffic) -> ActionShare:
    if isinstance(one, ActionTraffic):
        return ActionShare(name, one.share, one.input or spec.input, one.output or spec.output)
    return ActionShare(name, one, spec.input, spec.output)
