"""What an unquoted scalar means: the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema).

So `yes`, `off`, `12:30` and `2024-01-01` are text, and `0o17` is a number.
"""

from __future__ import annotations

import math
import re

_FIRST = frozenset("-+.0123456789~nNtTfF")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_WHOLE = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

Scalar = str | int | float | bool | None

LONGEST_NUMBER = 300
"""Characters. A longer number is a mistake, and some readers refuse it."""


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar. Infinities, NaN and absurdly long numbers come back as such floats."""
    if text and text[0] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > LONGEST_NUMBER:
        return math.inf if _REAL.fullmatch(text) or _BASED.fullmatch(text) else text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _NOT_FINITE.fullmatch(text):
        return math.nan if text.lower().endswith("nan") else math.inf
    return text


def is_finite(value: object) -> bool:
    """False for infinities and NaN only."""
    return not isinstance(value, float) or math.isfinite(value)
