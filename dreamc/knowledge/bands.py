"""What prices of the world have been: bounds by which a slip of the unit is noticed."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dreamc.knowledge.table import table


class Band(Struct, frozen=True):
    """The lowest and the highest of a public series, in `unit`; `title` says which one it is."""

    low: float
    high: float
    unit: str
    title: str
    source: str
    checked: str


@cache
def band(name: str) -> Band:
    """The band of that name. KeyError: there is none."""
    row = table("bands.yaml").row(name)
    if row is None:
        raise KeyError(name)
    return Band(row["low"], row["high"], row["unit"], row["title"], row["source"], row["checked"])
