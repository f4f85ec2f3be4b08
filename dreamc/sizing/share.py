"""Divides a card among vLLM instances: each its smallest claim, then what it wishes for, the rest by weight."""

from __future__ import annotations

from msgspec import Struct


class Part(Struct, frozen=True):
    """An instance on a card: its smallest claim in bytes and its share of what is left (wanted concurrency).

    ``wish`` are the bytes that hold all it was asked for, ``most`` the bytes beyond which it has no use for more (None:
    it always has).
    """

    name: str
    claim: int
    weight: int = 1
    wish: int = 0
    most: int | None = None


def budgets(available: int, parts: tuple[Part, ...]) -> dict[str, int] | int:
    """Bytes for each part, or the deficit when the smallest claims exceed ``available``."""
    short = sum(part.claim for part in parts) - available
    if short > 0:
        return short
    shares = {part.name: part.claim for part in parts}
    left = _poured(shares, parts, -short, {part.name: part.wish for part in parts})
    _poured(shares, parts, left, {part.name: available if part.most is None else part.most for part in parts})
    return shares


def _poured(shares: dict[str, int], parts: tuple[Part, ...], left: int, caps: dict[str, int]) -> int:
    """Adds ``left`` to the shares by weight, none above its cap; answers what nobody could take."""
    thirsty = [part for part in parts if shares[part.name] < caps[part.name]]
    while thirsty and left:
        weight = sum(part.weight for part in thirsty)
        given = {part.name: min(caps[part.name] - shares[part.name], left * part.weight // weight) for part in thirsty}
        for name, more in given.items():
            shares[name] += more
        left -= sum(given.values())
        full = [part for part in thirsty if shares[part.name] >= caps[part.name]]
        thirsty = [part for part in thirsty if part not in full] if full else []
    return left
