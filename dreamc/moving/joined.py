"""What joining the sources gives: models, claims for dream.yaml, and where sources were of two minds."""

from __future__ import annotations

from dataclasses import dataclass, field

from dreamc.diagnostics.types import Path
from dreamc.moving.draft import Model, Said
from dreamc.moving.types import Claim, Conflict


@dataclass(slots=True)
class One:
    """One model out of all that sources say of it."""

    name: str
    facts: tuple[Model, ...]
    location: str
    account: str
    values: dict[str, Said] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where it goes in dream.yaml."""
        return ("models", self.name) if self.location == "local" else ("providers", self.account, "models", self.name)


@dataclass(slots=True)
class Joined:
    """Claims for dream.yaml, and where sources were of two minds."""

    claims: list[Claim] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
