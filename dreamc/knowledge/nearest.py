"""The names closest to a misspelt one, for suggestions."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str], n: int = 3, cutoff: float = 0.5) -> tuple[str, ...]:
    """Up to `n` of `names`: those that begin with `name` or hold it first, then the most alike; ties by alphabet."""
    from difflib import get_close_matches

    wanted, known = name.lower(), sorted(names)
    alike = get_close_matches(wanted, known, n=n, cutoff=cutoff)
    begin = [one for one in known if one.startswith(wanted)]
    hold = [one for one in known if wanted in one]
    first = [one for one in alike if one == wanted]
    return tuple(dict.fromkeys([*first, *begin, *hold, *alike] if len(wanted) > 2 else alike))[:n]
