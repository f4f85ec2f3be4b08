"""Claims to the value of dream.yaml, with a comment for every path that says where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving.types import Claim

ENTRIES = {"hardware", "models", "providers", "services", "capabilities"}
"""Sections whose entries are things of their own."""


def assemble(claims: Iterable[Claim]) -> tuple[dict[str, Any], dict[Path, str]]:
    """The nested value, in the order of the claims, and the comments."""
    value: dict[str, Any] = {}
    comments: dict[Path, str] = {}
    entries: dict[Path, str] = {}
    for claim in claims:
        _put(value, claim.path, claim.value)
        entry = _entry(claim.path)
        if claim.origin is not None and entry is not None and entry not in entries:
            entries[entry] = str(claim.origin)
            comments[entry] = f"from {claim.origin}"
        said = _said(claim, entries.get(entry, "") if entry else "")
        if said:
            comments[claim.path] = said
    return value, comments


def _entry(path: Path) -> Path | None:
    """The entry that a path lies in: a model, a provider, a model of a provider, …"""
    if path[0] == "providers" and len(path) > 4 and path[2] == "models":
        return path[:4]
    return path[:2] if path[0] in ENTRIES and len(path) > 2 else None


def _said(claim: Claim, entry: str) -> str:
    """The note and the origin, which need not be said twice below an entry that says the same."""
    if claim.origin is None or str(claim.origin) == entry:
        return claim.note
    origin = f"from {claim.origin}" if not entry else claim.origin.place
    return f"{claim.note}; {origin}" if claim.note else origin


def _put(value: dict[str, Any], path: Path, what: object) -> None:
    for part in path[:-1]:
        below = value.setdefault(str(part), {})
        if not isinstance(below, dict):
            below = value[str(part)] = {}
        value = below
    value[str(path[-1])] = what
