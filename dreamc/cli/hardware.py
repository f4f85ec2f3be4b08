"""What a host is, as `hardware:` of dream.yaml says it; and what of the file would have to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct

from dreamc.document.gpus import GpuRequest
from dreamc.knowledge.gpus import gpu as card
from dreamc.knowledge.gpus import normal
from dreamc.provision.types import Gpu, HostFacts
from dreamc.sizing.types import GIB
from dreamc.spec.hardware import Host
from dreamc.stack.machines import FAR_OFF

SLACK = 0.08
"""Firmware and file systems keep a share for themselves: 64 GiB of memory are seen as 62.7, 500 GiB of disk as 465."""
Value = str | dict[str, Any] | list[Any]


class Seen(Struct, frozen=True):
    """What the host showed, as it is written; an empty text or list: nothing was seen."""

    gpus: Value
    ram: str
    disk: str


def seen(facts: HostFacts) -> Seen:
    """In the words of dream.yaml: names of the table of GPUs, GiB rounded down."""
    disk = _disk(facts)
    whole = f"{disk // GIB} GiB" if disk >= GIB else ""
    return Seen(_written(facts.gpus), f"{facts.ram * 10 // GIB / 10:g} GiB" if facts.ram else "", whole)


def changes(facts: HostFacts, known: Host | None) -> dict[str, Value]:
    """The keys of this host that differ from what it showed, with what to write instead.

    What the host did not show stays as it is: a driver that does not answer is no reason to take cards away.
    """
    now, found = seen(facts), {}
    if facts.gpus and (known is None or not _alike(known.gpus, facts.gpus)):
        found["gpus"] = now.gpus
    if now.ram and not _near(known.ram if known else None, facts.ram):
        found["ram"] = now.ram
    if now.disk and not _near(known.disk if known else None, _disk(facts)):
        found["disk"] = now.disk
    return found


def name_of(gpu: Gpu) -> str | None:
    """The name in the table; two cards of one name differ by their memory. None for one that is not in it."""
    found = card(f"{gpu.name} {round(gpu.memory / GIB)}GB") or card(gpu.name)
    if found is None or (gpu.memory and abs(gpu.memory / GIB / found.memory_gib - 1) > FAR_OFF):
        return None
    return found.name


def _disk(facts: HostFacts) -> int:
    """Bytes of the file system of the models, which comes after that of the root."""
    sizes = [one.total for one in facts.disks if one.path != facts.docker_root]
    return sizes[1] if len(sizes) > 1 else sizes[0] if sizes else 0


def _written(gpus: Iterable[Gpu]) -> Value:
    """One card by its name, several alike with their count, else a list in the order of nvidia-smi."""
    runs = [(value, len(tuple(alike))) for value, alike in groupby(map(_one, gpus))]
    entries = [_counted(dict(value), count) for value, count in runs]
    return entries[0] if len(entries) == 1 else entries


def _one(gpu: Gpu) -> tuple[tuple[str, str], ...]:
    name = name_of(gpu)
    if name is not None:
        return (("model", name),)
    found = (("model", normal(gpu.name)), ("memory", f"{gpu.memory / GIB:.1f} GiB"), ("capability", gpu.capability))
    return tuple((key, value) for key, value in found if value and value != "0.0 GiB")


def _counted(entry: dict[str, Any], count: int) -> Value:
    if len(entry) == 1:
        model = str(entry["model"])
        return model if count == 1 else f"{count} x {model}"
    return entry if count == 1 else {"model": entry.pop("model"), "count": count, **entry}


def _alike(known: Sequence[GpuRequest], there: Sequence[Gpu]) -> bool:
    """Whether the file names these cards, in this order; a memory that it gives may be what CUDA or what the driver
    shows."""
    cards = [one for one in known for _ in range(one.count)]
    return len(cards) == len(there) and all(map(_same, cards, there))


def _same(known: GpuRequest, there: Gpu) -> bool:
    named, name = card(known.model), name_of(there)
    known_name = named.name if named and name else normal(known.model)
    same = known_name == (name if named and name else normal(there.name))
    return same and (known.memory is None or not there.memory or _near(known.memory, there.memory))


def _near(known: int | None, there: int) -> bool:
    return known is not None and there > 0 and abs(known / there - 1) <= SLACK


def as_hosts(value: object) -> Mapping[str, Any]:
    """The hosts of a `hardware:` that may be anything."""
    return value if isinstance(value, dict) else {}
