"""Chains as the file writes them: `routed`, a list of members, or a mapping with `members:`."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Path
from dreamc.spec.dream import Dream
from dreamc.spec.routing import Chain


def written(dream: Dream, alias: str) -> tuple[Path, tuple[str, ...]]:
    """Where the members of a chain stand, and which they are; a routed chain writes none."""
    chain = dream.fallbacks.chains[alias]
    at: Path = ("fallbacks", "chains", alias)
    if isinstance(chain, Chain):
        return (*at, "members"), chain.members
    return (at, ()) if chain == "routed" else (at, chain)


def listed(dream: Dream) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """`written` of every chain that lists its members."""
    return (written(dream, alias) for alias, chain in dream.fallbacks.chains.items() if chain != "routed")
