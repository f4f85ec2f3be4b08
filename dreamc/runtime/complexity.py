"""How hard a prompt looks: a score in [0, 1] and its factors. It breaks ties; the kind of action decides first."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REDESIGN = re.compile(r"\b(?:refactor|redesign|architect)", re.IGNORECASE)
_DEBUG = re.compile(r"\b(?:debug|fix|error|bug)", re.IGNORECASE)
_EXPLAIN = re.compile(r"\bexplain", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that was found, and what it adds to the score."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is the sum of the factors, at most 1."""

    value: float
    factors: tuple[Factor, ...]

    def __str__(self) -> str:
        return f"{self.value:g} ({', '.join(factor.name for factor in self.factors) or 'nothing found'})"


def tokens_of(prompt: str, context: str = "") -> int:
    """A rough count for English text: four characters a token."""
    return (len(prompt) + len(context)) // 4


def score(prompt: str, context: str = "", tokens: int | None = None) -> Score:
    """Scores a prompt with its context; lengths in characters, `tokens` (of both) estimated when not given.

    Words match at word starts only: "fixed" counts, "prefix" and "terror" do not.
    """
    total = tokens_of(prompt, context) if tokens is None else tokens
    found = (
        (len(prompt) > 1_000, Factor("prompt over 1,000 characters", 0.2)),
        (len(context) > 10_000, Factor("context over 10,000 characters", 0.3)),
        (_REDESIGN.search(prompt), Factor("asks for a redesign", 0.3)),
        (_DEBUG.search(prompt), Factor("asks for a fix", 0.2)),
        (len(context) > 5_000 and _EXPLAIN.search(prompt), Factor("explanation of a long context", 0.3)),
        (total > 8_000, Factor("over 8,000 tokens", 0.4)),
    )
    factors = tuple(factor for present, factor in found if present)
    return Score(round(min(sum(factor.weight for factor in factors), 1.0), 6), factors)
