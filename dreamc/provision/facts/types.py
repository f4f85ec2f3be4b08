"""One subject that a host is asked about: the shell that asks, and what its words mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

Lines = tuple[str, ...]
Found = dict[str, Any]
"""Fields of HostFacts by name; a name that begins with `_` is for `facts.answer` alone."""


class Fact(Struct, frozen=True):
    """`script` is POSIX shell that prints lines; it may use what `question.prologue` defines and must never fail.

    `beside`: it waits for another process or for the kernel, so it runs at the same time as the others. `parse` never
    raises, whatever it is given: a host may say anything.
    """

    name: str
    script: str
    parse: Callable[[Lines], Found]
    beside: bool = False


def pairs(lines: Lines) -> dict[str, str]:
    """Lines `key=value`; the first of a key counts."""
    found: dict[str, str] = {}
    for line in lines:
        key, sign, value = line.partition("=")
        if sign:
            found.setdefault(key, value)
    return found


def number(text: str) -> int:
    """A whole number in ASCII digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
