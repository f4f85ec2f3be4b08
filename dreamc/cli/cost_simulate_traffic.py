"""The requests of `dreamc cost simulate`: imagined by a traffic, or out of usage logs."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from dreamc.errors import DreamError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dreamc.cost.arrival import Arrival
    from dreamc.cost.types import Traffic
    from dreamc.cost.usage_log import Skipped
    from dreamc.stack.types import Stack

NOT_IMAGINED = (
    "not imagined: answers out of the cache, checks of answers with their second opinions and escalations, failures, "
    "and requests in flight at once; each request is one call"
)
_OWN = ("days", "per_day", "mix", "scenario", "start", "spread")
"""What only imagined traffic has."""


class Asked(Struct, frozen=True):
    """The requests, and what is to be said of them."""

    arrivals: tuple[Arrival, ...]
    source: str
    assumed: tuple[str, ...]
    days: int
    remarks: tuple[str, ...] = ()
    logged: bool = False


def unknown(option: str, what: str, name: str, known: tuple[str, ...]) -> click.BadParameter:
    """Says what there is instead."""
    from dreamc.knowledge.nearest import nearest

    close = nearest(name, known, 1)
    advice = f"did you mean '{close[0]}'?" if close else f"there is {', '.join(known)}"
    return click.BadParameter(f"{what}; {advice}", param_hint=option)


def imagined_requests(ctx: click.Context, stack: Stack, today: date, asked: dict[str, Any]) -> Asked:
    """So many days of the traffic that was asked for."""
    from msgspec.structs import replace

    from dreamc.cost.imagined import MOST, Plan, imagined
    from dreamc.cost.scenario import remarks

    traffic, name = _traffic(ctx, stack, asked)
    if asked["per_day"] is not None:
        traffic = replace(traffic, per_day=asked["per_day"])
    _numbers(asked)
    first = _start(today, asked["start"], asked["days"])
    plan = Plan(traffic, first, asked["days"], asked["seed"], asked["spread"], asked["max_tokens"])
    if not 1 <= plan.count <= MOST:
        what = f"{traffic.per_day:g} requests a day for {plan.days} days are {plan.count:,} requests"
        raise DreamError(what, "", f"ask for 1 to {MOST:,}, with --days and --requests-per-day")
    sizes = f"; sizes with a spread of {plan.spread:g}" if plan.spread else "; every request has its kind's mean tokens"
    arrivals = tuple(imagined(plan))
    drawn = f"kinds drawn by share, seed {plan.seed}{sizes}"
    assumed = (*traffic.assumed, drawn, *_unscored(stack, arrivals), NOT_IMAGINED)
    return Asked(arrivals, traffic.source, assumed, plan.days, remarks(name))


def _unscored(stack: Stack, arrivals: Sequence[Arrival]) -> tuple[str, ...]:
    """What is assumed of scores that only LiteLLM gives, inside the gateway."""
    keyed = dict(stack.policy.actions)
    without = sum(one.score is None and one.action not in keyed for one in arrivals)
    if stack.policy.scorer == "dream" or not without:
        return ()
    return (f"{without:,} requests are routed as if their score were 0; LiteLLM scores them, inside the gateway only",)


def _numbers(asked: dict[str, Any]) -> None:
    """NaN passes every range."""
    for name, option in (("per_day", "--requests-per-day"), ("spread", "--spread")):
        if asked[name] is not None and isnan(asked[name]):
            raise click.BadParameter("it is not a number", param_hint=option)


def _start(today: date, given: str | None, days: int) -> date:
    if given is None:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(given)
        first + timedelta(days=days)
    except (ValueError, OverflowError):
        what = f"'{given}' is not a day such as 2026-11-01, with {days} days to come"
        raise click.BadParameter(what, param_hint="--start") from None
    return first


def _traffic(ctx: click.Context, stack: Stack, asked: dict[str, Any]) -> tuple[Traffic, str]:
    """The traffic, and the name of its scenario where it is one."""
    from dreamc.cost.mix import of_scenario
    from dreamc.cost.traffic import traffic_of
    from dreamc.knowledge.scenarios import scenario, scenario_names

    if asked["mix"] is not None and asked["scenario"] is not None:
        raise click.UsageError("--mix and --scenario are two traffics")
    if asked["mix"] is not None:
        return _mix(ctx, asked["mix"]), ""
    stated = None if asked["scenario"] else traffic_of(stack)
    if stated is not None:
        return stated, ""
    name = asked["scenario"] or scenario_names()[0]
    found = scenario(name)
    if found is None:
        raise unknown("--scenario", f"no scenario is called '{name}'", name, scenario_names())
    return of_scenario(found), name


def _mix(ctx: click.Context, path: Path) -> Traffic:
    from dreamc.cli.options import coloured
    from dreamc.cost.mix import read_mix
    from dreamc.diagnostics.render import render
    from dreamc.diagnostics.report import make_report
    from dreamc.document.load import load

    text, findings = load(path, path.as_posix(), remedy="write one in the shape of `costs: traffic:`")
    found, document, more = (None, None, findings) if findings else read_mix(text)
    if found is None:
        report = make_report(more, document, (text,))
        click.echo(render(report, "text", coloured(False, err=True)), err=True, nl=False)
        ctx.exit(1)
    return found


def logged_requests(ctx: click.Context, stack: Stack, _: date, asked: dict[str, Any]) -> Asked:
    """What is in the logs. Ends the command, or raises DreamError, where there is nothing to replay."""
    from dreamc.cost.replay import replay
    from dreamc.cost.usage_log import Skipped, lines, logs_of, requests

    own = [name for name in _OWN if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if own:
        raise click.UsageError(f"a log has its own traffic: --{own[0].replace('per_day', 'requests-per-day')}")
    skipped = Skipped()
    files = [one for path in asked["log"] for one in logs_of(path)]
    found = replay(requests(lines(files, skipped)), stack.policy.cooldown, asked["max_tokens"])
    arrivals = tuple(one for one in found.arrivals if asked["alias"] in ("", one.alias))
    names = ", ".join(path.as_posix() for path in asked["log"])
    if not arrivals:
        which = f"no requests for '{asked['alias']}'" if found.arrivals else "no requests"
        raise DreamError(f"{names} holds {which}", _unread(skipped), "name a usage log of the gateway, docs/usage.md")
    assumed = [
        "what failed fails again, cached answers stay cached, and whoever is asked instead takes as many tokens",
        "requests come one after the other; the log does not say how long an answer clients asked for: "
        + (
            f"{asked['max_tokens']:,} tokens"
            if asked["max_tokens"]
            else "as long as the gateway lets it be (--max-tokens)"
        ),
    ]
    if found.guessed:
        assumed.append(f"{found.guessed:,} requests that nobody answered have the mean tokens of their kind")
    if found.own[0]:
        calls, nano = found.own
        told = f"{calls:,} call{'' if calls == 1 else 's'} of the gateway's own left out: {nano / 1e9:,.4f} USD"
        assumed.append(f"{told}; the log does not hold their requests")
    if unread := _unread(skipped):
        assumed.append(unread)
    assumed += _unscored(stack, arrivals)
    return Asked(arrivals, names, tuple(assumed), 0, logged=True)


def _unread(skipped: Skipped) -> str:
    """What was in the files and is no line of a usage log; "" where there is nothing."""
    counts = {"cut": skipped.cut, "repeated": skipped.repeated, **skipped.shapes}
    found = ", ".join(f"{many:,} {name}" for name, many in counts.items() if many)
    return f"lines that were not read: {found}" if found else ""
