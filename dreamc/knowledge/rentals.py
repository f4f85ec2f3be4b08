"""What rented GPUs cost: US dollars per GPU and hour, as offers of a day."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dreamc.knowledge.table import table


class Rental(Struct, frozen=True):
    """One card. US dollars per GPU and hour: `usual` is what `offer` asked on the ISO date `seen`, `low`
    and `high` what others did."""

    gpu: str
    low: float
    usual: float
    high: float
    offer: str
    seen: str
    source: str
    checked: str


def rental_names() -> tuple[str, ...]:
    """Cards with a row, by their names in gpus.yaml."""
    return table("rentals.yaml").keys()


@cache
def rental(name: str) -> Rental | None:
    """What the card of that name in gpus.yaml costs; None where no offer is known."""
    known = table("rentals.yaml")
    row = known.row(name)
    if row is None:
        return None
    prices = float(row["low"]), float(row["usual"]), float(row["high"])
    return Rental(name, *prices, row["offer"], row.get("seen", known.header["seen"]), row["source"], row["checked"])
