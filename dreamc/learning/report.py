"""What was learnt, for people: the table with its evidence, the bounds with their shares, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dreamc.learning.bounds import Part
from dreamc.learning.outcomes import Evidence
from dreamc.learning.table import Cell, Row, Rule

NOTHING = "-"
LONGEST = 40
"""Characters of a name that clients chose."""
LEGEND = (
    "success expected on the tier, the range that holds it with 90 %, and labels + verdicts of the checks behind it;",
    "~: no outcome of its own, the mean of the other actions of the tier is assumed; rescued: not counted",
)


def table_text(rows: Sequence[Row], tiers: Sequence[str], rule: Rule) -> str:
    """Actions by rows, tiers by columns; below it why something moves."""
    if not rows:
        return ""
    head = ("action", "tier", "then", *tiers, "seen", "rescued")
    lines = list(_aligned((head, *(_cells(row, tiers) for row in rows))))
    moved = [row for row in rows if row.kind != "keep"]
    kept = [row for row in rows if row.kind == "keep"]
    lines += ["", *LEGEND, f"verdicts count {rule.trust:.0%} of a label; prior worth {rule.prior:g} outcomes"]
    lines += ["", *(f"{shown(row.action)}: {_move(row)}: {row.why}" for row in moved)] if moved else []
    lines += ["", "unchanged:", *(f"  {shown(row.action)}: {row.why}" for row in kept)] if kept else []
    return "\n".join(lines) + "\n"


def bounds_text(parts: Sequence[Part], chosen: int, held: int) -> str:
    """Bounds with the shares that they gave and give."""
    head = ("tier", "up to", "then", "share now", "wanted", "share then")
    rows = (
        (part.tier, f"{part.was:g}", f"{part.up_to:g}", *map(_points, (part.now, part.target, part.held)))
        for part in parts
    )  # fmt: skip
    lines = [*_aligned((head, *rows)), "", f"chosen by {chosen} scores; shares are those of {held} others"]
    lines += [_apart(part) for part in parts if part.off]
    return "\n".join(lines) + "\n"


def notes(evidence: Evidence, rule: Rule) -> Iterator[str]:
    """What could not be used."""
    aside = evidence.aside
    if aside.unmatched:
        yield f"{aside.unmatched} labels match no request of the log"
    if aside.nameless:
        yield f"{aside.nameless} of {evidence.requests} requests name no kind of action and teach the table nothing"
    if aside.kept:
        yield f"{aside.kept} answers out of the cache are not counted: they were outcomes once before"
    for tier, number in sorted(aside.tiers.items()):
        yield f"{number} requests went to the tier '{shown(tier)}', which the file does not have"
    if evidence.verdicts and not evidence.labels and rule.trust < 1:
        yield "no labels: verdicts of the checks find faults of form alone, so nothing is moved to a cheaper tier"


def shown(name: str) -> str:
    """A name out of a log, without what would move the cursor of a terminal."""
    safe = "".join(one if one.isprintable() else "?" for one in name)
    return safe if len(safe) <= LONGEST else f"{safe[: LONGEST - 1]}…"


def _points(share: float) -> str:
    return f"{100 * share:.1f} %"


def _apart(part: Part) -> str:
    why = f"{part.tie:.0%} of the scores are equal there" if part.tie else "the two halves of the log differ"
    return f"{part.tier}: {part.held:.0%} instead of {part.target:.0%}: {why}"


def _move(row: Row) -> str:
    return f"{row.present or 'no key'} -> {row.tier}"


def _cells(row: Row, tiers: Sequence[str]) -> tuple[str, ...]:
    cells = {cell.tier: cell for cell in row.cells}
    then = row.tier if row.kind != "keep" else ""
    rescued = f"{row.rescued:g} of {row.rescues}" if row.rescues else NOTHING
    rates = (_cell(cells.get(tier)) for tier in tiers)
    return (shown(row.action), row.present or NOTHING, then or NOTHING, *rates, str(row.seen), rescued)


def _cell(cell: Cell | None) -> str:
    if cell is None or not cell.known:
        return NOTHING
    rate = f"{cell.mean:.0%} ({100 * cell.low:.0f}-{100 * cell.high:.0f})"
    if not cell.labels + cell.passed + cell.failed:
        return f"{rate} ~"
    return f"{rate} {cell.labels}+{cell.passed + cell.failed}"


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, and so all others: names and figures stand below each other."""
    table = tuple(rows)
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
