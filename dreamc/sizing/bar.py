"""A ledger as text: one bar, and a line per tenant in GiB."""

from __future__ import annotations

from dreamc.artifact.strip import FILLS, FREE, RESERVE, strip
from dreamc.sizing.ledger import Entry, Ledger, spans
from dreamc.sizing.types import GIB


def bar(ledger: Ledger, width: int = 60) -> str:
    """The picture, the table and the sum; ``width`` is the number of cells of the bar. Ends without a newline."""
    picture = strip(tuple((fill, size) for fill, _, size in _segments(ledger)), ledger.card.total, width)
    title = f"{ledger.card.name}  {_gib(ledger.used)} of {_gib(ledger.card.total)} GiB"
    return "\n".join((title, picture, *_lines(ledger), _balance(ledger)))


def _segments(ledger: Ledger) -> tuple[tuple[str, str, int], ...]:
    found = [(FILLS[index % len(FILLS)], name, size) for index, (name, size) in enumerate(spans(ledger))]
    if ledger.card.reserve:
        found.append((RESERVE, "reserved", ledger.card.reserve))
    return (*found, (FREE, "free", ledger.free))


def _lines(ledger: Ledger) -> tuple[str, ...]:
    marks = {part: fill for fill, name, _ in _segments(ledger) for part in name.split(" | ")}
    widest = max([len(entry.name) for entry in ledger.entries] + [len("reserved")])
    lines = tuple(_line(marks[entry.name], entry, widest) for entry in ledger.entries)
    reserve = f"  {RESERVE} {'reserved':<{widest}}  {_gib(ledger.card.reserve):>6} GiB  desktop and other use"
    return (*lines, reserve) if ledger.card.reserve else lines


def _line(fill: str, entry: Entry, widest: int) -> str:
    turns = ", takes turns" if entry.exclusive_group else ""
    return f"  {fill} {entry.name:<{widest}}  {_gib(entry.bytes):>6} GiB  {entry.kind}, {entry.confidence}{turns}"


def _balance(ledger: Ledger) -> str:
    if ledger.deficit:
        return f"  ! over by {_gib(ledger.deficit)} GiB"
    return f"  {FREE} free {_gib(ledger.free)} GiB"


def _gib(size: int) -> str:
    return f"{size / GIB:.1f}"
