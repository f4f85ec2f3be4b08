"""What engines, Docker and clouds write into their logs when something is wrong, and what it means."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from dreamc.knowledge.table import table


class Symptom(Struct, frozen=True):
    """One message. `id` is the stable name of the cause, `rank` its place among causes, 1 first.

    `of`: only services whose name or image holds this word; "" for all. `remedy` may name {host}, {service} and
    {container}.
    """

    key: str
    id: str
    rank: int
    pattern: str
    of: str
    what: str
    remedy: str
    source: str
    checked: str


@cache
def symptoms() -> tuple[Symptom, ...]:
    """All of them, in the order of the table."""
    return tuple(
        Symptom(
            key=key,
            id=row["id"],
            rank=row["rank"],
            pattern=row["pattern"],
            of=row.get("of", ""),
            what=row["what"],
            remedy=row["remedy"],
            source=row["source"],
            checked=row["checked"],
        )
        for key, row in table("symptoms.yaml").rows()
    )
