"""Traffic that others described, with what they said it costs."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import Struct

from dreamc.knowledge.table import Row, table

FILE = "scenarios.yaml"


class Kind(Struct, frozen=True):
    """Requests of one action: `share` of all from 0 to 1, mean tokens, and the tier that the source gives it.

    `score` is the complexity of those that name no action (`action` None).
    """

    action: str | None
    share: float
    input: int
    output: int
    tier: str = ""
    score: float | None = None


class Scenario(Struct, frozen=True):
    """`sizes` says how the tokens were chosen, `mixed` what was taken for requests without an action."""

    name: str
    title: str
    per_day: float
    days: int
    kinds: tuple[Kind, ...]
    sizes: str
    mixed: str
    source: str
    checked: str


def scenario_names() -> tuple[str, ...]:
    """In the order of the table: the first is the default."""
    return table(FILE).keys()


@cache
def scenario(name: str) -> Scenario | None:
    """The scenario of that name, or None."""
    row = table(FILE).row(name)
    return None if row is None else _scenario(name, row)


def claims(name: str) -> Row:
    """What one of the original's documents says, as it stands in the table."""
    row = table(FILE).row(name, "claims")
    return {} if row is None else row


def _scenario(name: str, row: Row) -> Scenario:
    named = tuple(_kind(action, one, row) for action, one in row["actions"].items())
    return Scenario(
        name=name,
        title=row["title"],
        per_day=row["requests_per_day"],
        days=row["days"],
        kinds=(*named, *(_kind(None, one, row) for one in row["other"])),
        sizes=row["sizes"],
        mixed=row["mixed"],
        source=row["source"],
        checked=row["checked"],
    )


def _kind(action: str | None, one: dict[str, Any], row: Row) -> Kind:
    sizes = {**row, **one}
    return Kind(action, one["share"], sizes["input"], sizes["output"], one.get("tier", ""), one.get("score"))
