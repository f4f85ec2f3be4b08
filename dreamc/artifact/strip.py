"""A whole and its shares as a strip of character cells, as the ledger of a card and a plan draw it."""

from __future__ import annotations

from itertools import pairwise

FILLS = "█▓▒░▞▚▤▥▦▧"
RESERVE, FREE = "╳", "·"


def strip(shares: tuple[tuple[str, int], ...], total: int, width: int) -> str:
    """`[███▓▓···]`: a (character, size) pair each, the free rest last; `width` cells, at least one for each share."""
    sizes = tuple(size for _, size in shares)
    cells = _cells(sizes, max(total, sum(sizes[:-1])), max(width, len(shares)))
    return f"[{''.join(fill * count for (fill, _), count in zip(shares, cells, strict=True))}]"


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
