"""Prices with their unit: what a source states per token, per thousand or per million, beside the table's."""

from __future__ import annotations

import math
from functools import cache

from msgspec import Struct

from dreamc.knowledge.prices import KINDS, cloud_model, cloud_model_ids
from dreamc.moving import words

PER_THOUSAND, PER_TOKEN = 1_000, 1_000_000
"""Factors to US dollars per million tokens."""
_SLIPS = (1, 1_000, 1_000_000)
CLOSE = 0.25
"""A price this near to the table's, as a share of it, is the table's."""


class Judged(Struct, frozen=True):
    """`rates` for dream.yaml, None where the table's are right; `why` says what was corrected, empty for nothing."""

    rates: dict[str, float | int] | None
    why: str


def judged(kind: str, id_: str, stated: object, factor: int) -> Judged | None:
    """A price as a source states it: one number, or input and output apart. None for what is no price."""
    given = _numbers(stated)
    if given is None:
        return None
    known = cloud_model(kind, id_)
    table = (float(known.price.input), float(known.price.output)) if known and known.price else None
    as_written = (given[0] * factor, given[1] * factor)
    slip = _slip(as_written, table)
    found = (as_written[0] / slip, as_written[1] / slip)
    single = not isinstance(stated, dict)
    why = _why(as_written, found, slip, table)
    if table is not None and (single or all(abs(a / b - 1) <= CLOSE for a, b in zip(found, table, strict=True) if b)):
        alone = "" if why or not single else "one price for both directions; "
        return Judged(None, why or (f"{alone}the table's price is used: {_shown(table)}" if alone else ""))
    if single and not why:
        why = "one price for both directions, where answers usually cost more: write both"
    return Judged({"input": _rounded(found[0]), "output": _rounded(found[1])}, why)


def _numbers(stated: object) -> tuple[float, float] | None:
    if isinstance(stated, dict):
        first, second = stated.get("input"), stated.get("output")
        return (float(first), float(second)) if _is_number(first) and _is_number(second) else None  # type: ignore[arg-type]
    return (float(stated), float(stated)) if _is_number(stated) else None  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _slip(price: tuple[float, float], table: tuple[float, float] | None) -> int:
    """By which power of a thousand the price is too high: beside the table's own, else beside the dearest of all."""
    if not price[0]:
        return 1
    if table is not None and table[0]:
        middle = math.sqrt(table[0] * max(table[1], table[0]))
        return min(_SLIPS, key=lambda slip: abs(math.log(price[0] / slip / middle)))
    return next((slip for slip in _SLIPS if max(price) / slip <= _dearest()), 1)


@cache
def _dearest() -> float:
    """The most that any known model costs per million tokens."""
    rows = (cloud_model(kind, name) for kind in KINDS for name in cloud_model_ids(kind))
    return max(float(row.price.output) for row in rows if row is not None and row.price is not None)


def _why(written: tuple[float, float], found: tuple[float, float], slip: int, table: tuple[float, float] | None) -> str:
    if slip == 1:
        return ""
    times = "a thousandfold" if slip == 1_000 else "a millionfold"
    used = f"the table's price is used: {_shown(table)}" if table else f"{_shown(found)} is what was meant"
    return f"{times} slip: as it is written it says {words.plain(_rounded(written[0]))} USD per million tokens; {used}"


def _shown(price: tuple[float, float]) -> str:
    return f"{words.plain(_rounded(price[0]))} USD in, {words.plain(_rounded(price[1]))} USD out per million tokens"


def _rounded(value: float) -> float | int:
    return words.number(round(value, 9))
