"""`costs:`: names that exist, machines owned or rented, power and prices that can be, shares of at most 100 %."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.knowledge.bands import band
from dreamc.knowledge.gpus import gpu
from dreamc.knowledge.nearest import nearest
from dreamc.spec.costs import ActionTraffic, HostCosts
from dreamc.spec.costs import Costs as Spec
from dreamc.spec.dream import Dream
from dreamc.stack.costs import Costs, usd_per_eur
from dreamc.stack.inputs import Inputs
from dreamc.stack.names import names
from dreamc.stack.types import Host, Stack

FAR_OFF = 10.0
"""Times above the cards' default limits, or outside the band of a price, from which on a slip of the unit is likely."""
SLACK = 1e-9
"""What adding decimal shares may be off by."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A finding for everything in `costs:` that cannot be or counts nothing."""
    del inputs
    if dream.costs is None or stack.costs is None:
        return
    yield from _unknown(dream, dream.costs)
    hosts = {host.name: host for host in stack.hosts}
    for name, spec in dream.costs.hosts.items():
        yield from _machine(name, spec, dream.costs)
        if name in hosts:
            yield from _watts(hosts[name], spec)
    yield from _exchange(dream.costs)
    yield from _currencies(stack, dream.costs)
    yield from _tariff(stack.costs)
    yield from _shares(dream.costs)
    yield from _actions(stack, dream.costs)


def _unknown(dream: Dream, spec: Spec) -> Iterator[Diagnostic]:
    known = names(dream)
    for name in spec.hosts:
        if not known.is_one(name, ("host",)):
            yield replace(known.unknown("DRM201", ("costs", "hosts", name), name, ("host",)), on_key=True)
    for name in spec.models:
        if not known.is_one(name, ("model",)):
            yield replace(known.unknown("DRM202", ("costs", "models", name), name, ("model",)), on_key=True)


def _machine(name: str, spec: HostCosts, all_: Spec) -> Iterator[Diagnostic]:
    at: Path = ("costs", "hosts", name)
    if spec.rent is not None:
        for key in ("price", "lifetime", "busy", "idle"):
            if getattr(spec, key) is not None:
                yield Diagnostic(
                    "DRM430",
                    (*at, key),
                    f"'{name}' is rented, and the hour includes the machine and its power",
                    "counted in the rent",
                    "remove it, or remove `rent:` if the machine is your own",
                    on_key=True,
                    related=(Related((*at, "rent"), "rented here"),),
                )
        return
    yield from _halves(at, spec, all_)
    if spec.busy is not None and spec.idle is not None and spec.idle > spec.busy:
        yield Diagnostic(
            "DRM431",
            (*at, "idle"),
            f"'{name}' takes {spec.idle:g} W while it waits and {spec.busy:g} W while it works",
            f"expected at most {spec.busy:g} W",
            "the two are exchanged, or one has lost its unit",
            related=(Related((*at, "busy"), "while it works"),),
        )


def _halves(at: Path, spec: HostCosts, all_: Spec) -> Iterator[Diagnostic]:
    """Figures that count nothing without another one."""
    if (spec.price is None) is not (spec.lifetime is None):
        there, missing = ("price", "lifetime: 4y") if spec.lifetime is None else ("lifetime", "price: 1200 EUR")
        message = f"a {there} alone says nothing about the cost of an hour"
        yield Diagnostic("DRM432", (*at, there), message, "not counted", f"write {missing} beside it", on_key=True)
    if spec.busy is None and spec.idle is not None:
        message = "the power while it waits is known, but not while it answers"
        yield Diagnostic("DRM432", (*at, "idle"), message, "not counted", "write busy: 230 W beside it", on_key=True)
    if spec.busy is not None and all_.electricity is None:
        message = "power costs nothing without a price of electricity"
        remedy = "write electricity: 0.30 EUR/kWh under `costs:`"
        yield Diagnostic("DRM432", (*at, "busy"), message, "not counted", remedy, on_key=True)


def _watts(host: Host, spec: HostCosts) -> Iterator[Diagnostic]:
    cards = [gpu(card.name) for card in host.cards]
    limit = sum(card.watts for card in cards if card is not None)
    if spec.busy is None or not cards or None in cards or spec.busy < FAR_OFF * limit:
        return
    yield Diagnostic(
        "DRM433",
        ("costs", "hosts", host.name, "busy"),
        f"{spec.busy:,.0f} W is {spec.busy / limit:,.0f} times what the cards of '{host.name}' may take together: "
        f"{limit:,} W",
        f"expected about {limit:,} W and what the rest of the machine takes",
        "1 kW is 1000 W",
    )


def _exchange(spec: Spec) -> Iterator[Diagnostic]:
    for currency, money in spec.exchange.items():
        other = "USD" if currency == "EUR" else "EUR"
        if money.currency == currency or not money.amount:
            yield Diagnostic(
                "DRM434",
                ("costs", "exchange", currency),
                f"{money} says nothing about what one {currency} is in {other}",
                f"expected an amount of {other}",
                f"write {{EUR: 1.08 USD}} with the rate of the day: what one {currency} is in {other}",
            )
    rate, known = usd_per_eur(spec), band("usd-per-eur")
    if rate is not None and not known.low / 2 < rate < known.high * 2:
        key = next(iter(spec.exchange))
        yield Diagnostic(
            "DRM435",
            ("costs", "exchange", key),
            f"one EUR has been between {known.low:g} and {known.high:g} USD, never {rate:g}",
            "far from any rate there was",
            "write {EUR: 1.08 USD} with the rate of the day: what one EUR is in USD",
        )
    if len(spec.exchange) > 1:
        remedy = "remove one: the two would have to agree to the last digit"
        at: Path = ("costs", "exchange", "USD")
        first = (Related(("costs", "exchange", "EUR"), "the rate from the other side"),)
        yield Diagnostic("DRM434", at, "the rate is given twice", "given again", remedy, on_key=True, related=first)


def _currencies(stack: Stack, spec: Spec) -> Iterator[Diagnostic]:
    """EUR meets USD: among the costs themselves, or with the prices of the clouds."""
    if usd_per_eur(spec) is not None:
        return
    written = _sums(spec)
    euros = next((path for path, currency in written if currency == "EUR"), None)
    dollars = next((path for path, currency in written if currency == "USD"), None)
    if euros is None or (dollars is None and not stack.clouds):
        return
    related = (Related(dollars, "in USD"),) if dollars else (Related(stack.clouds[0].at, "priced in USD", on_key=True),)
    yield Diagnostic(
        "DRM436",
        euros,
        "amounts in EUR and in USD meet, and no rate is given",
        "cannot be compared",
        "write exchange: {EUR: 1.08 USD} under `costs:`, with the rate of the day",
        related=related,
    )


def _sums(spec: Spec) -> list[tuple[Path, str]]:
    """Every amount, with its currency."""
    found: list[tuple[Path, str]] = []
    if spec.electricity is not None:
        found.append((("costs", "electricity"), spec.electricity.currency))
    for name, host in spec.hosts.items():
        for key, money in (("price", host.price), ("rent", host.rent)):
            if money is not None:
                found.append((("costs", "hosts", name, key), money.currency))
    return found


def _tariff(costs: Costs) -> Iterator[Diagnostic]:
    if costs.electricity is None:
        return
    stated, known = costs.electricity, band("electricity")
    euros = costs.amount_in(stated, "EUR") or stated.amount
    if known.low / FAR_OFF < euros < known.high * FAR_OFF:
        return
    yield Diagnostic(
        "DRM435",
        ("costs", "electricity"),
        f"{stated.amount:g} {stated.currency}/kWh is far from what electricity costs: {known.low:g} to "
        f"{known.high:g} {known.unit} for {known.title}",
        f"expected about {known.low:.2f} to {known.high:.2f} {known.unit}",
        "30 cents are 0.30 EUR; 300 EUR/MWh are 0.30 EUR/kWh",
    )


def _shares(spec: Spec) -> Iterator[Diagnostic]:
    actions = spec.traffic.actions if spec.traffic is not None else {}
    total = 0.0
    for name, one in actions.items():
        total += one.share if isinstance(one, ActionTraffic) else one
        if total > 1 + SLACK:
            path: Path = ("costs", "traffic", "actions", name)
            yield Diagnostic(
                "DRM437",
                (*path, "share") if isinstance(one, ActionTraffic) else path,
                f"the shares of the actions add up to {100 * total:.4g} % of all requests and pass 100 % here",
                "more than 100 %",
                "they are shares of all requests; what is left to 100 % names no action",
            )
            return


def _actions(stack: Stack, spec: Spec) -> Iterator[Diagnostic]:
    """An action without a tier of its own is decided by its score, which the traffic does not state."""
    known = dict(stack.policy.actions)
    routed = any(route.kind == "routed" for mode in stack.modes for route in mode.routes)
    if spec.traffic is None or not known or not routed:
        return
    for name in spec.traffic.actions:
        if name not in known:
            close = nearest(name, tuple(known), 1)
            yield Diagnostic(
                "DRM438",
                ("costs", "traffic", "actions", name),
                f"no tier is given to the action '{name}' in `routing: actions:`",
                "decided by its length alone",
                f"did you mean '{close[0]}'?" if close else f"write {name}: TIER under `routing: actions:`",
                on_key=True,
            )
