"""The servers of a stack with what is stated, measured or assumed of their machines; or what is missing to know it."""

from __future__ import annotations

from msgspec import Struct

from dreamc.cost.local import Figure, Server, exact
from dreamc.knowledge.gpus import gpu
from dreamc.stack.costs import Costs, HostCost, Sum
from dreamc.stack.types import Host, Instance, Local, Stack

FILE = "dream.yaml"
CARD = "default power limit of the card, an upper bound"


class Missing(Struct, frozen=True):
    """Why a cost cannot be reckoned, and what to write so that it can."""

    what: str
    remedy: str


class Speeds(Struct, frozen=True):
    """Tokens per second of the whole server under load, and who says so."""

    prefill: float
    decode: float
    source: str
    note: str = ""


def generating(stack: Stack) -> tuple[Local, ...]:
    """The local models that answer chats, those whose speed is stated first."""
    stated = {one.name for one in stack.costs.models} if stack.costs else set()
    found = (one for one in stack.locals if one.task == "generate" and one.instances)
    return tuple(sorted(found, key=lambda one: one.name not in stated))


def server_of(
    stack: Stack, model: Local, instance: Instance, currency: str, speeds: Speeds | None = None
) -> Server | Missing:
    """The server `instance` of `model` with costs in `currency`. `speeds` wins over what the file states."""
    costs = stack.costs or Costs()
    host = next(one for one in stack.hosts if one.name == instance.host)
    known = speeds or _stated(costs, model)
    if isinstance(known, Missing):
        return known
    machine = _machine(costs, costs.host(host.name) or HostCost(host.name), currency)
    if isinstance(machine, Missing):
        return machine
    tariff, hourly, rented, notes = machine
    busy, idle, more = _power(costs.host(host.name), host, instance, rented)
    others = _others(stack, model, host)
    return Server(
        model=model.name,
        host=host.name,
        card=host.cards[instance.gpus[0]].name if instance.gpus else "",
        gpus=len(instance.gpus),
        prefill=exact(known.prefill, known.source),
        decode=exact(known.decode, known.source),
        busy=busy,
        idle=idle,
        tariff=tariff,
        machine=hourly,
        rented=rented,
        currency=currency,
        assumed=tuple(note for note in (*notes, *more, known.note, others) if note),
    )


def _stated(costs: Costs, model: Local) -> Speeds | Missing:
    found = costs.speed(model.name)
    if found is None or found.prefill is None or found.decode is None:
        what = f"how fast '{model.name}' is, is not known"
        remedy = (
            f"measure it with --metrics http://HOST:PORT/metrics while it works, or state "
            f"costs: {{models: {{{model.name}: {{prefill: 2500 tok/s, decode: 480 tok/s}}}}}} (figures of your own)"
        )
        return Missing(what, remedy)
    return Speeds(found.prefill, found.decode, FILE)


def _machine(costs: Costs, host: HostCost, currency: str) -> tuple[float, float, bool, tuple[str, ...]] | Missing:
    """Tariff per kWh, machine per hour, whether it is rented, and what was assumed."""
    notes: list[str] = []
    hourly = _converted(costs, host.hourly, currency, f"costs: hosts: {host.name}")
    if isinstance(hourly, Missing):
        return hourly
    if host.rent is not None:
        return 0.0, hourly, True, ()
    if host.hourly is None:
        lacks = "price" if host.price is None else "lifetime"
        notes.append(f"the machine itself costs nothing: costs: hosts: {host.name}: {lacks} is not stated")
    if costs.electricity is None:
        what = "what electricity costs is not known"
        return Missing(what, "state costs: {electricity: 0.30 EUR/kWh}, with your own tariff")
    tariff = _converted(costs, costs.electricity, currency, "costs: electricity")
    return tariff if isinstance(tariff, Missing) else (tariff, hourly, False, tuple(notes))


def _converted(costs: Costs, sum_: Sum | None, currency: str, where: str) -> float | Missing:
    if sum_ is None:
        return 0.0
    found = costs.amount_in(sum_, currency)
    if found is None:
        what = f"{where} is in {sum_.currency}, and what that is in {currency} is not stated"
        return Missing(what, "state costs: {exchange: {EUR: 1.08 USD}}, with the rate of the day")
    return found


def _power(
    stated: HostCost | None, host: Host, instance: Instance, rented: bool
) -> tuple[Figure, Figure, tuple[str, ...]]:
    """Watts at work and at rest. What is not stated of the rest is not counted; of the work it is the card's limit."""
    if rented:
        none = exact(0.0, "in the rent")
        return none, none, ()
    notes: list[str] = []
    idle = exact(stated.idle if stated and stated.idle is not None else 0.0, FILE)
    if stated is None or stated.idle is None:
        notes.append(f"idle power is not counted: costs: hosts: {host.name}: idle is not stated")
    if stated is not None and stated.busy is not None:
        return exact(stated.busy, FILE), idle, tuple(notes)
    limit = float(sum(card.watts for at in instance.gpus if (card := gpu(host.cards[at].name))))
    notes.append(
        f"{limit:g} W at work is the default power limit of the GPUs of {host.name}, an upper bound for them; "
        f"the rest of the machine is not in it: state costs: hosts: {host.name}: busy"
    )
    return Figure(max(limit, idle.value), idle.value, max(limit, idle.value), CARD), idle, tuple(notes)


def _others(stack: Stack, model: Local, host: Host) -> str:
    names = sorted(
        one.name
        for one in stack.locals
        if one.name != model.name and any(placed.host == host.name for placed in one.instances)
    )
    if not names:
        return ""
    return f"{host.name} also runs {', '.join(names)}: here '{model.name}' alone pays for the machine"
