"""How hard a prompt looks: a score in [0, 1] and its factors. It breaks ties; the kind of action decides first.

Six coarse factors choose the tier. Finer ones (length, and words of code, maths, reasoning and sequence) add little and
order what the coarse ones leave equal, so that a bound can be set anywhere in between.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .cues import CODE, MATHS, REASONING, STEPS

_WORD = re.compile(r"[a-z]+")
_REDESIGN = ("refactor", "redesign", "architect")
_FIX = ("debug", "fix", "error", "bug")
_STARTS = {stem: re.compile(rf"\b{stem}") for stem in (*_REDESIGN, *_FIX, "explain")}

LENGTH_WEIGHT, LENGTH_CAP = 0.05, 0.25
CUES = (
    ("words of code", CODE, 0.015),
    ("words of maths", MATHS, 0.005),
    ("words of reasoning", REASONING, 0.01),
    ("words of sequence", STEPS, 0.005),
)
"""What one word adds; three different words of a kind count."""
MOST_WORDS = 3
READ = 4_000
"""Characters at either end in which words are looked for."""


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
        named = ", ".join(factor.name for factor in self.factors) or "nothing found"
        return f"{math.floor(self.value * 1000) / 1000:g} ({named})"


def tokens_of(prompt: str, context: str = "") -> int:
    """A rough count for English text: four characters a token."""
    return (len(prompt) + len(context)) // 4


def score(prompt: str, context: str = "", tokens: int | None = None) -> Score:
    """Scores a prompt with its context; lengths in characters, `tokens` (of both) estimated when not given.

    Words match at word starts only: "fixed" counts, "prefix" and "terror" do not.
    """
    total = tokens_of(prompt, context) if tokens is None else tokens
    text = _read(prompt)
    found = (
        (len(prompt) > 1_000, Factor("prompt over 1,000 characters", 0.2)),
        (len(context) > 10_000, Factor("context over 10,000 characters", 0.3)),
        (_begins(text, _REDESIGN), Factor("asks for a redesign", 0.3)),
        (_begins(text, _FIX), Factor("asks for a fix", 0.2)),
        (len(context) > 5_000 and _begins(text, ("explain",)), Factor("explanation of a long context", 0.3)),
        (total > 8_000, Factor("over 8,000 tokens", 0.4)),
    )
    factors = tuple(factor for present, factor in found if present) + _finer(len(prompt), text)
    return Score(round(min(sum(factor.weight for factor in factors), 1.0), 6), factors)


def known(value: float, by: str = "as it was scored") -> Score:
    """A score that was reckoned elsewhere, and by whom; what made it up is not known here."""
    return Score(value, (Factor(by, value),))


def _read(prompt: str) -> str:
    """Small letters; of a long prompt its beginning and its end, where the question stands."""
    return (prompt if len(prompt) <= 2 * READ else f"{prompt[:READ]}\n{prompt[-READ:]}").lower()


def _begins(text: str, stems: tuple[str, ...]) -> bool:
    """Whether a word begins with one of `stems`. The plain search first: it is far faster, and mostly says no."""
    return any(stem in text and _STARTS[stem].search(text) is not None for stem in stems)


def _finer(characters: int, text: str) -> tuple[Factor, ...]:
    words = set(_WORD.findall(text))
    length = min(LENGTH_WEIGHT * math.log1p(characters / 100), LENGTH_CAP)
    counted = ((name, weight * min(len(words & cues), MOST_WORDS)) for name, cues, weight in CUES)
    return tuple(Factor(name, round(weight, 6)) for name, weight in (("length", length), *counted) if weight)
