"""The ledger of a card as text: a bar, and one line for everything that lies on it."""

from __future__ import annotations

from string import ascii_uppercase

from dreamc.sizing.ledger import spans
from dreamc.sizing.types import GIB
from dreamc.stack.types import CardLedger

WIDTH = 50


def bars(one: CardLedger) -> tuple[str, ...]:
    """Lines for one card; sizes in GiB. `.` is what a desktop holds, `-` is free."""
    ledger = one.ledger
    parts = spans(ledger)
    total = max(ledger.card.total, ledger.used)
    marks = [(ascii_uppercase[index % 26], name, size) for index, (name, size) in enumerate(parts)]
    reserve = [(".", "kept free for the desktop", ledger.card.reserve)] if ledger.card.reserve else []
    drawn = _drawn([(mark, size) for mark, _, size in (*marks, *reserve)], total)
    head = f"GPU {one.card.index}  {one.card.label}  {_gib(ledger.card.total)}"
    legend = (f"  {mark} {_gib(size):>10}  {name}" for mark, name, size in (*marks, *reserve))
    return (head, f"  [{drawn}]", *legend, f"  - {_gib(ledger.free):>10}  free")


def _drawn(parts: list[tuple[str, int]], total: int) -> str:
    """Each part ends where its share of the whole does, so that rounding never adds up."""
    text, reached = "", 0
    for mark, size in parts:
        reached += size
        text += mark * (reached * WIDTH // total - len(text))
    return text.ljust(WIDTH, "-")


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
