"""What the own and rented machines of a stack cost a day under the load that the traffic puts on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from dreamc.cost.local import Plain, Server, corners, plain, seconds
from dreamc.cost.machines import Missing, Speeds, server_of
from dreamc.cost.types import Amount
from dreamc.stack.types import Instance, Local, Stack

DAY_H = 24.0
Tokens = tuple[float, float]
"""Input and output tokens a day."""
_NO_LOAD = Speeds(1.0, 1.0, "answers nothing")
_TOGETHER = "the models of one machine work one after the other; power at rest flows all day"


class Upkeep(Struct, frozen=True):
    """A machine that models answer on. `busy` is the share of the day that it works, above 1 where it cannot keep up;
    `day` what it costs then, power and hardware. Where `day` is None, `lacks` says why and `remedy` what to write."""

    host: str
    busy: float
    day: Amount | None
    assumed: tuple[str, ...] = ()
    lacks: str = ""
    remedy: str = ""


def upkeep(stack: Stack, load: Mapping[str, Tokens]) -> tuple[Upkeep, ...]:
    """Every host that `costs: hosts:` speaks of. `load`: the tokens a day that each local model answers."""
    stated = [one.name for one in stack.costs.hosts] if stack.costs else []
    return tuple(_upkeep(stack, host.name, load) for host in stack.hosts if host.name in stated)


def _upkeep(stack: Stack, host: str, load: Mapping[str, Tokens]) -> Upkeep:
    placed = tuple(_placed(stack, host))
    if not placed:
        return Upkeep(host, 0.0, None, (), f"no model runs on {host}", "remove it from `costs: hosts:`")
    working = [one for one in placed if any(load.get(one[0].name, (0.0, 0.0)))]
    found = [_server(stack, *one) for one in working] or [_server(stack, *placed[0], _NO_LOAD)]
    servers = [one for one in found if isinstance(one, Server)]
    if missing := next((one for one in found if isinstance(one, Missing)), None):
        return Upkeep(host, 0.0, None, (), missing.what, missing.remedy)
    shares = [_per_copy(model, load) for model, _ in working] or [(0.0, 0.0)]
    notes = [note for one in servers for note in one.assumed if " alone pays" not in note]
    notes += [_TOGETHER] if len(servers) > 1 else []
    day = Amount(
        _day([plain(one) for one in servers], shares),
        servers[0].currency,
        _day([corners(one)[0] for one in servers], shares),
        _day([corners(one)[1] for one in servers], shares),
    )
    return Upkeep(host, _hours([plain(one) for one in servers], shares) / DAY_H, day, tuple(dict.fromkeys(notes)))


def _placed(stack: Stack, host: str) -> Iterator[tuple[Local, Instance]]:
    for model in stack.locals:
        yield from ((model, one) for one in model.instances if one.host == host)


def _server(stack: Stack, model: Local, instance: Instance, speeds: Speeds | None = None) -> Server | Missing:
    """In USD; in EUR where no rate is stated that would lead there."""
    found = server_of(stack, model, instance, "USD", speeds)
    if isinstance(found, Missing) and stack.costs is not None and stack.costs.usd_per_eur is None:
        other = server_of(stack, model, instance, "EUR", speeds)
        return found if isinstance(other, Missing) else other
    return found


def _per_copy(model: Local, load: Mapping[str, Tokens]) -> Tokens:
    read, written = load[model.name]
    return read / len(model.instances), written / len(model.instances)


def _hours(servers: list[Plain], shares: list[Tokens]) -> float:
    """Of work a day, one server after the other."""
    return sum(seconds(one, tokens) for one, tokens in zip(servers, shares, strict=True)) / 3600


def _day(servers: list[Plain], shares: list[Tokens]) -> float:
    """All of the day at rest, and what work takes on top of that for as long as the day has hours."""
    first, hours = servers[0], _hours(servers, shares)
    able = min(1.0, DAY_H / hours) if hours else 0.0
    work = (
        one.tariff * (one.busy - one.idle) / 1000 * seconds(one, tokens) / 3600 * able
        for one, tokens in zip(servers, shares, strict=True)
    )
    return DAY_H * (first.machine + first.tariff * first.idle / 1000) + sum(work)
