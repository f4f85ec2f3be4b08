"""The state of a placement under way: what is free on every GPU, indexed so that looking for room stays cheap."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from dreamc.sizing.free import FirstFit
from dreamc.sizing.place_types import HostSlots, Slot


class Kind(Struct, frozen=True):
    """GPUs that are interchangeable: same card, memory and reserve, linked alike."""

    slot: Slot
    nvlink: bool

    @property
    def usable(self) -> int:
        """Bytes that models may take."""
        return self.slot.total - self.slot.reserve


@dataclass(slots=True)
class Seat:
    """One GPU: bytes of tenants that stay, and of Ollama models, which may take turns."""

    kind: Kind
    steady: int = 0
    ollama: list[int] = field(default_factory=list)
    turns: bool = False
    names: list[str] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Bytes left at the worst moment."""
        return self.kind.usable - self.steady - (max(self.ollama, default=0) if self.turns else sum(self.ollama))

    def free_by_turns(self, claim: int) -> int:
        """Bytes left if one more Ollama model of ``claim`` bytes took turns with those here."""
        return self.kind.usable - self.steady - max([*self.ollama, claim])


class Board:
    """All seats of all hosts."""

    def __init__(self, hosts: tuple[HostSlots, ...]) -> None:
        self.hosts = hosts
        self.index = {host.name: number for number, host in enumerate(hosts)}
        self.seats = tuple(tuple(Seat(Kind(slot, host.nvlink)) for slot in host.gpus) for host in hosts)
        self.kinds = tuple(sorted({seat.kind for row in self.seats for seat in row}, key=_size))
        self._trees: dict[tuple[Kind, int, bool], FirstFit] = {}

    def first(self, kind: Kind, count: int, need: int, start: int, *, idle: bool) -> int | None:
        """The first host from ``start`` with ``count`` GPUs of ``kind`` that have ``need`` bytes free."""
        return self._tree(kind, count, idle=idle).find(start, need)

    def best(self, kind: Kind, count: int) -> int:
        """The most bytes that ``count`` GPUs of ``kind`` in one host all have free; -1 where no host has so many."""
        return self._tree(kind, count, idle=False).top

    def choose(self, host: int, kind: Kind, count: int, *, idle: bool) -> tuple[int, ...]:
        """The emptiest ``count`` GPUs of ``kind`` on a host, lowest indices first among equals."""
        fitting = [at for at, seat in enumerate(self.seats[host]) if seat.kind == kind and not (idle and seat.names)]
        return tuple(sorted(sorted(fitting, key=lambda at: (-self.seats[host][at].free, at))[:count]))

    def take(
        self, host: int, gpus: tuple[int, ...], claim: int, name: str, *, ollama: bool, turns: bool = False
    ) -> None:
        """Book ``claim`` bytes on each of the GPUs."""
        for seat in (self.seats[host][at] for at in gpus):
            seat.names.append(name)
            seat.turns = seat.turns or turns
            if ollama:
                seat.ollama.append(claim)
            else:
                seat.steady += claim
        for (kind, count, idle), tree in self._trees.items():
            tree.set(host, self.room(host, kind, count, idle=idle))

    def room(self, host: int, kind: Kind, count: int, *, idle: bool) -> int:
        """What ``count`` GPUs of ``kind`` on a host all have free; -1 where there are fewer."""
        free = sorted(
            (seat.free for seat in self.seats[host] if seat.kind == kind and not (idle and seat.names)), reverse=True
        )
        return free[count - 1] if len(free) >= count else -1

    def _tree(self, kind: Kind, count: int, *, idle: bool) -> FirstFit:
        key = (kind, count, idle)
        if key not in self._trees:
            self._trees[key] = FirstFit([self.room(host, kind, count, idle=idle) for host in range(len(self.hosts))])
        return self._trees[key]


def _size(kind: Kind) -> tuple[int, str, int, bool]:
    return (kind.slot.total, kind.slot.gpu, kind.slot.reserve, kind.nvlink)
