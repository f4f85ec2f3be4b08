"""Values of other people's files, whatever they were written as."""

from __future__ import annotations

from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """The mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def series(value: object) -> list[Any]:
    """The list; a scalar is a list of one, nothing an empty one."""
    return value if isinstance(value, list) else [] if value is None or isinstance(value, dict) else [value]


def text(value: object) -> str:
    """A scalar as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def number(value: object) -> float | None:
    """A number, also between quotes."""
    if isinstance(value, bool):
        return None
    try:
        return float(str(value)) if isinstance(value, (str, int, float)) else None
    except ValueError:
        return None


def whole(value: object) -> int | None:
    """A whole number of at least 1."""
    found = number(value)
    return int(found) if found is not None and found == int(found) and found >= 1 else None


def switch(value: object) -> bool | None:
    """true or false, as YAML 1.1 and shells write them."""
    if isinstance(value, bool):
        return value
    return {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }.get(text(value).strip().lower())
