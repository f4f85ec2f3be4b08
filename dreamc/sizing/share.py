"""Divides a card among vLLM instances: each its smallest claim, the rest by weight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """An instance on a card: its smallest claim in bytes and its share of what is left (wanted concurrency)."""

    name: str
    claim: int
    weight: int = 1


def budgets(available: int, parts: tuple[Part, ...]) -> dict[str, int] | int:
    """Bytes for each part, or the deficit when the smallest claims exceed ``available``."""
    short = sum(part.claim for part in parts) - available
    if short > 0:
        return short
    weight = sum(part.weight for part in parts)
    return {part.name: part.claim + -short * part.weight // weight for part in parts}
