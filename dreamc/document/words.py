"""Values in words, for messages."""

from __future__ import annotations

_LONGEST = 60


def describe(value: object) -> str:
    """A value in words: 'text', the number, 'a list', 'a mapping', 'nothing'."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return quote(value)
    return "a mapping" if isinstance(value, dict) else "a list"


def quote(text: str) -> str:
    """Text between single quotes, shortened, with invisible characters made visible."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "'" + "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in shown) + "'"
