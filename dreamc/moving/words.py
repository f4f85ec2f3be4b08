"""Values as dream.yaml writes them: durations, sizes, money, shares, tokens, names."""

from __future__ import annotations

import re
from decimal import Decimal

from dreamc.sizing.types import GIB, MIB

_UNITS = ((86400, 2, "d"), (3600, 1, "h"), (60, 2, "m"))
"""Seconds of a unit, and from how many of it on it is written."""


def seconds(value: float) -> str:
    """`30s`, `24h`."""
    if value != int(value):
        return f"{value:g}s" if value >= 1 else f"{round(value * 1000)}ms"
    whole = int(value)
    fitting = (f"{whole // size}{unit}" for size, least, unit in _UNITS if whole >= least * size and whole % size == 0)
    return next(fitting, f"{whole}s")


def size(value: int) -> str:
    """`8 GiB`, `512 MiB`, or bytes."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if value % unit == 0 and value:
            return f"{value // unit} {name}"
    return f"{value} B"


def money(value: float) -> str:
    """`10 USD`."""
    return f"{plain(value)} USD"


def share(value: float) -> str:
    """`80%`, of a share between 0 and 1."""
    return f"{plain(Decimal(str(value)) * 100)}%"


def plain(value: float | Decimal) -> str:
    """A number without an exponent and without zeros at its end."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: float) -> int | float:
    """Whole where it is whole."""
    return int(value) if value == int(value) else value


def tokens(value: int) -> int | str:
    """`32k` where it is a round one."""
    return f"{value // 1024}k" if value % 1024 == 0 else value


def name(text: str) -> str:
    """As a name that clients may type."""
    return re.sub(r"[^A-Za-z0-9._:/-]+", "-", text).strip("-._:/")[:100] or "model"


def word(text: str) -> str:
    """As a tier or a kind of action."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-_.")[:100] or "word"


def label(text: str) -> str:
    """As a stack, a host or a provider."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:60] or "stack"
