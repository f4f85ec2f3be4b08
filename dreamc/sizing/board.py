"""The state of a placement under way: what is free on every GPU, indexed so that looking for room stays cheap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from dreamc.sizing.free import FirstFit
from dreamc.sizing.place_types import HostSlots, Slot

Among = Literal["idle", "vllm", "ollama", "any"]
"""Cards to look at: those that hold nothing, those that hold at most models of this engine, or all."""
Gpus = tuple[int, ...]
"""The GPUs of one replica, ascending."""


class Kind(Struct, frozen=True):
    """GPUs that are interchangeable: same card, memory and reserve, linked alike."""

    slot: Slot
    nvlink: bool

    @property
    def usable(self) -> int:
        """Bytes that models may take."""
        return self.slot.usable


@dataclass(slots=True)
class Seat:
    """One GPU: bytes of tenants that stay, and those of Ollama models by the GPUs they span.

    Only the models of one Ollama server take turns, and a server has one set of GPUs: ``turns`` holds such sets.
    """

    kind: Kind
    steady: int = 0
    ollama: dict[Gpus, list[int]] = field(default_factory=dict)
    turns: set[Gpus] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Bytes left at the worst moment."""
        groups = (max(sizes) if span in self.turns else sum(sizes) for span, sizes in self.ollama.items())
        return self.kind.usable - self.steady - sum(groups)

    def without(self, span: Gpus) -> int:
        """Bytes left if the Ollama models on these GPUs were not there."""
        here = self.ollama.get(span, [])
        return self.free + (max(here, default=0) if span in self.turns else sum(here))

    def free_by_turns(self, span: Gpus, claim: int) -> int:
        """Bytes left if one more Ollama model of ``claim`` bytes took turns with those on the same GPUs."""
        return self.without(span) - max([*self.ollama.get(span, []), claim])

    def least(self, span: Gpus, claim: int, *, ollama: bool) -> int:
        """Bytes left with one more model if the models of every Ollama server took turns."""
        groups = {at: max(sizes) for at, sizes in self.ollama.items()}
        if ollama:
            groups[span] = max(claim, groups.get(span, 0))
        return self.kind.usable - self.steady - sum(groups.values()) - (0 if ollama else claim)

    def among(self, who: Among) -> bool:
        """Whether the card is one of those to look at."""
        if who == "vllm":
            return not self.ollama
        return who == "any" or not self.names or (who == "ollama" and not self.steady)


class Board:
    """All seats of all hosts."""

    def __init__(self, hosts: tuple[HostSlots, ...]) -> None:
        self.hosts = hosts
        self.index = {host.name: number for number, host in enumerate(hosts)}
        self.seats = tuple(tuple(Seat(Kind(slot, host.nvlink)) for slot in host.gpus) for host in hosts)
        self.kinds = tuple(sorted({seat.kind for row in self.seats for seat in row}, key=_size))
        self._trees: dict[tuple[Kind, int, Among], FirstFit] = {}

    def first(self, kind: Kind, count: int, need: int, start: int) -> int | None:
        """The first host from ``start`` with ``count`` idle GPUs of ``kind`` that have ``need`` bytes."""
        return self._tree(kind, count, "idle").find(start, need)

    def best(self, kind: Kind, count: int) -> int:
        """The most bytes that ``count`` GPUs of ``kind`` in one host all have free; -1 where no host has so many."""
        return self._tree(kind, count, "any").top

    def emptiest(self, kind: Kind, count: int, who: Among, hosts: Iterable[int]) -> tuple[int, int]:
        """The most bytes that ``count`` such GPUs of one of the hosts all have free, and the first host that has."""
        tree = self._tree(kind, count, who)
        room, host = max((tree.value(host), -host) for host in hosts)
        return room, -host

    def choose(self, host: int, kind: Kind, count: int, who: Among) -> Gpus:
        """The emptiest ``count`` GPUs of ``kind`` on a host, lowest indices first among equals."""
        fitting = [at for at, seat in enumerate(self.seats[host]) if seat.kind == kind and seat.among(who)]
        return tuple(sorted(sorted(fitting, key=lambda at: (-self.seats[host][at].free, at))[:count]))

    def take(self, host: int, gpus: Gpus, claim: int, name: str, *, ollama: bool, turns: Iterable[Gpus] = ()) -> None:
        """Book ``claim`` bytes on each of the GPUs; the Ollama models on the GPUs in ``turns`` take turns from now."""
        for span in turns:
            for at in span:
                self.seats[host][at].turns.add(span)
        for seat in (self.seats[host][at] for at in gpus):
            seat.names.append(name)
            if ollama:
                seat.ollama.setdefault(gpus, []).append(claim)
            else:
                seat.steady += claim
        for (kind, count, who), tree in self._trees.items():
            tree.set(host, self.room(host, kind, count, who))

    def room(self, host: int, kind: Kind, count: int, who: Among) -> int:
        """What ``count`` GPUs of ``kind`` on a host all have free; -1 where there are fewer."""
        free = sorted((seat.free for seat in self.seats[host] if seat.kind == kind and seat.among(who)), reverse=True)
        return free[count - 1] if len(free) >= count else -1

    def _tree(self, kind: Kind, count: int, who: Among) -> FirstFit:
        key = (kind, count, who)
        if key not in self._trees:
            self._trees[key] = FirstFit([self.room(host, kind, count, who) for host in range(len(self.hosts))])
        return self._trees[key]


def _size(kind: Kind) -> tuple[int, str, int, bool]:
    return (kind.slot.total, kind.slot.gpu, kind.slot.reserve, kind.nvlink)
