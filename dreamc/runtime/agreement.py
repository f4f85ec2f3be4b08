"""How far two answers say the same: a number in [0, 1]; and how many of several agree. Pure.

Disagreement is a signal to ask a better model, not a proof: two texts may share their words and contradict each other.
"""

from __future__ import annotations

import re

from .forms import code_of, json_of
from .phrases import plain

AGREED = 0.5
"""From here on two answers count as the same."""
SAME_WORDS = 0.6
"""Share of common words (Dice) at which two long texts count as fully the same."""
SHORT = 80
"""Characters of an answer that is a value rather than a text."""

_FINAL = re.compile(
    r"(?:####|\\boxed\{|\b(?:answer|antwort|result|résultat|respuesta)\W{0,3}(?:\bis\b|\bist\b|\best\b|\bes\b|:|=)\W*?)"
    r"\s*(-?[\w(].{0,60}?)(?:[.\s*}]*$|\.\s)",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"\w+")
_STOP = frozenset(
    (
        *("a", "an", "the", "of", "to", "in", "on", "at", "for", "and", "or", "is", "are", "was", "were", "be", "it"),
        *("its", "this", "that", "with", "as", "by", "from", "you", "i", "we", "they", "not"),
    )
)
_VERDICTS = frozenset(("yes", "no", "true", "false", "ja", "nein", "oui", "non", "sí", "si"))
"""What an answer begins with that decides; it must stand at the beginning of the other one too."""


def agree(first: str, second: str) -> float:
    """1 for the same answer, 0 for different ones; symmetric.

    Compared are, in this order: JSON values, what is marked as the final answer, blocks of code, short answers as
    numbers or texts, and else the words.
    """
    if not first.strip() or not second.strip():
        return 0.0
    for values in (_values(first, second), _finals(first, second)):
        if values is not None:
            return float(values)
    codes = code_of(first), code_of(second)
    if all(codes):
        return _words(*codes)
    if len(min(first.strip(), second.strip(), key=len)) <= SHORT:
        return _short(*sorted((plain(first), plain(second)), key=lambda text: (len(text), text)))
    return _words(first, second)


def shares(answers: tuple[str, ...]) -> tuple[float, ...]:
    """For each answer the share of all answers that agree with it, itself included."""
    return tuple(sum(agree(one, other) >= AGREED for other in answers) / len(answers) for one in answers)


def _values(first: str, second: str) -> bool | None:
    try:
        one, other = json_of(first), json_of(second)
    except ValueError:
        return None
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _finals(first: str, second: str) -> bool | None:
    """Whether the marked final answers are the same; None where one has none."""
    one, other = _final(first), _final(second)
    return None if one is None or other is None else _same_value(one, other)


def _final(text: str) -> str | None:
    found = _FINAL.findall(text)
    return plain(found[-1]).strip("*_`{}$. ") or None if found else None


def _same_value(one: str, other: str) -> bool:
    numbers = _NUMBER.findall(one), _NUMBER.findall(other)
    if numbers[0] and numbers[1]:
        return _number(numbers[0][0]) == _number(numbers[1][0])
    return _WORD.findall(one) == _WORD.findall(other)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _short(shorter: str, longer: str) -> float:
    """A value against a value, or against a text that must begin with it or name it."""
    few, many = _WORD.findall(shorter), _WORD.findall(longer)
    numbers = _NUMBER.findall(shorter), _NUMBER.findall(longer)
    if len(longer) <= SHORT and len(numbers[0]) == 1 and len(numbers[1]) == 1:
        return float(_number(numbers[0][0]) == _number(numbers[1][0]))
    if few and few == many[: len(few)]:
        return 1.0
    if _VERDICTS & set(few[:1]):
        return 0.0
    telling = {word for word in few if len(word) > 3 or word.isdigit()} - _STOP
    if len(few) <= 4 and telling and len(longer) <= 4 * SHORT and telling <= set(many):
        return 1.0
    return _words(shorter, longer)


def _words(first: str, second: str) -> float:
    one, other = (set(_WORD.findall(plain(text))) - _STOP for text in (first, second))
    if not one or not other:
        return float(plain(first) == plain(second))
    return min(2 * len(one & other) / (len(one) + len(other)) / SAME_WORDS, 1.0)
