"""A ledger as text: one bar, and a line per tenant in GiB."""

from __future__ import annotations

from itertools import pairwise

from dreamc.sizing.ledger import Entry, Ledger, spans
from dreamc.sizing.types import GIB

FILLS = "█▓▒░▞▚▤▥▦▧"
RESERVE, FREE = "╳", "·"


def bar(ledger: Ledger, width: int = 60) -> str:
    """The picture, the table and the sum; ``width`` is the number of cells of the bar. Ends without a newline."""
    segments = _segments(ledger)
    sizes, whole = tuple(size for _, _, size in segments), max(ledger.card.total, ledger.used)
    cells = _cells(sizes, whole, max(width, len(segments)))
    picture = "".join(fill * count for (fill, _, _), count in zip(segments, cells, strict=True))
    title = f"{ledger.card.name}  {_gib(ledger.used)} of {_gib(ledger.card.total)} GiB"
    return "\n".join((title, f"[{picture}]", *_lines(ledger), _balance(ledger)))


def _segments(ledger: Ledger) -> tuple[tuple[str, str, int], ...]:
    found = [(FILLS[index % len(FILLS)], name, size) for index, (name, size) in enumerate(spans(ledger))]
    if ledger.card.reserve:
        found.append((RESERVE, "reserved", ledger.card.reserve))
    return (*found, (FREE, "free", ledger.free))


def _cells(sizes: tuple[int, ...], total: int, width: int) -> tuple[int, ...]:
    """Cells by cumulative rounding, so that they add up to ``width``; a tenant keeps one cell where there is one."""
    edges, done = [0], 0
    for size in sizes:
        done += size
        edges.append(round(done * width / total) if total else 0)
    counts = [after - before for before, after in pairwise(edges)]
    for index, size in enumerate(sizes[:-1]):
        largest = max(range(len(counts)), key=lambda at: counts[at])
        if size and not counts[index] and counts[largest] > 1:
            counts[index], counts[largest] = 1, counts[largest] - 1
    return tuple(counts)


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
