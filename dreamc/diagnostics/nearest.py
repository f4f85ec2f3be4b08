"""'Did you mean': the known word that is closest to a misspelt one, if any is close enough."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The likeliest of `known`; None when nothing is near. Ties go to the word that stands first."""
    folded = _fold(word)
    best: tuple[float, int, str] | None = None
    for position, candidate in enumerate(known):
        if candidate == word:
            continue
        distance = _likeness(folded, _fold(candidate))
        if distance is not None and (best is None or (distance, position) < best[:2]):
            best = distance, position, candidate
    return best[2] if best else None


def _fold(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _likeness(word: str, candidate: str) -> float | None:
    """The edit distance, half of it for the beginning of a word; None when the two are too far apart."""
    distance = _distance(word, candidate)
    shortest, longest = sorted((len(word), len(candidate)))
    if shortest >= 3 and candidate.startswith(word):
        return distance * 0.5
    if shortest >= 3 and word.startswith(candidate):
        return distance
    allowed = 0 if longest < 3 else 1 if longest < 5 else longest / 3
    return distance if distance <= allowed else None


def _distance(left: str, right: str) -> int:
    """Optimal string alignment: insert, delete, replace, or swap two neighbours, each at cost one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i] + [0] * len(right)
        for j, b in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
