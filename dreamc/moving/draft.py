"""What the sources say, before it is joined: models by all their names, chains by the names that they list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from dreamc.diagnostics.types import Path
from dreamc.moving.notes import Notes
from dreamc.moving.types import Claim, Origin

Location = Literal["local", "cloud"]


class Said(Struct, frozen=True):
    """One value of a model: `origin` is the key that says it."""

    field: str
    value: object
    origin: Origin


@dataclass(slots=True)
class Model:
    """A model as one source knows it. `names` are what the source calls it, the best first; `handles` are further
    marks by which it is the same as that of another source, such as an address; `servers` run it."""

    at: Origin
    notes: Notes
    names: tuple[str, ...]
    location: Location | None = None
    account: str = ""
    handles: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    servers: set[str] = field(default_factory=set)
    asked_for: bool = False

    def says(self, key: str, value: object, path: Path) -> None:
        """A value for dream.yaml."""
        self.said.append(Said(key, value, self.notes.at(path)))


@dataclass(slots=True)
class Chain:
    """A name that clients ask for. `members` are raw names, each with its key in the source."""

    alias: str
    notes: Notes
    path: Path
    members: tuple[tuple[str, Path], ...]
    kind: Literal["chain", "capability", "routed"] = "chain"
    strategy: str = "priority"
    description: str = ""


class Booked(Struct, frozen=True):
    """A service of a file that books a GPU."""

    notes: Notes
    path: Path
    service: str
    gpu: str


class Mounted(Struct, frozen=True):
    """What a service mounts at `target`; `source` empty for an anonymous volume."""

    kind: str
    target: str
    source: str
    notes: Notes
    path: Path


@dataclass(slots=True)
class Draft:
    """Everything, in the order in which it was read."""

    models: list[Model] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    serves: dict[str, list[str]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, list[tuple[Notes, Path]]] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    cards: list[tuple[str, int, Origin]] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    mounted: list[Mounted] = field(default_factory=list)
    most_gpus: int = 0

    def claim(self, notes: Notes, source: Path, target: Path, value: object, why: str = "", note: str = "") -> None:
        """A key of a source goes to `target`; with `why` not as it was written."""
        if why:
            notes.correct(source, target, why)
        else:
            notes.take(source, target)
        self.claims.append(Claim(target, value, notes.at(source), note))

    def of_provider(self, id_: str, names: Iterable[str]) -> None:
        """The provider `id_` of a source serves these models."""
        self.serves.setdefault(id_, []).extend(names)
