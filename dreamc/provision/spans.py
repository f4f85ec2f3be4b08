"""Times as people read them."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def span(seconds: float) -> str:
    """`12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`: two units at the most."""
    left = max(0, round(seconds))
    for at, (size, name) in enumerate(_UNITS):
        if left >= size:
            smaller, unit = _UNITS[at + 1] if at + 1 < len(_UNITS) else (1, "s")
            rest = left % size // smaller
            return f"{left // size} {name}" + (f" {rest} {unit}" if rest else "")
    return f"{left} s"


def ago(time: str, now: float) -> str:
    """`3 min ago` for a time of the journal; as it is where it is none. `now` in seconds since 1970."""
    try:
        then = datetime.fromisoformat(time).timestamp()
    except ValueError:
        return time
    if now - then < 1:
        return "just now"
    return f"{' '.join(span(now - then).split()[:2])} ago"
