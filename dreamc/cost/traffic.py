"""The traffic that a file states, as kinds of requests whose shares sum to one."""

from __future__ import annotations

from dreamc.cost.types import Traffic, Work
from dreamc.stack.costs import Expected
from dreamc.stack.types import Stack

STATED = "costs: traffic: in dream.yaml"


def traffic_of(stack: Stack) -> Traffic | None:
    """The stated traffic; None where the file states none. What no action names is one kind without an action."""
    if stack.costs is None or stack.costs.traffic is None:
        return None
    stated = stack.costs.traffic
    return Traffic(stated.per_day, _kinds(stated), STATED)


def _kinds(stated: Expected) -> tuple[Work, ...]:
    named = tuple(Work(one.action, one.share, one.input, one.output) for one in stated.actions if one.share > 0)
    rest = round(1.0 - sum(one.share for one in named), 9)
    if rest <= 0:  # over 100 % is refused by a check
        return named
    return (*named, Work(None, rest, stated.input, stated.output))
