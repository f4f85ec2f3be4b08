"""NVIDIA cards: what CUDA reports as memory, compute capability, bandwidth and power."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from msgspec import Struct

from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.table import Row, table

_MAKER = re.compile(r"^(?:nvidia|geforce|tesla|-)+")


class Gpu(Struct, frozen=True):
    """One card. `visible_gib` is the lowest total that CUDA was seen to report, `visible_high_gib` the highest.

    Memory in GiB, bandwidth in GB/s (10^9), power in W at the maker's default limit, `capability` as (major, minor).
    `confidence` is about the visible memory: measured (seen in public logs) or assumed (0.975 x label, or as
    the note says); `seen` names the logs of a measured figure.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    memory_gib: float
    visible_gib: float
    visible_high_gib: float
    confidence: Literal["measured", "assumed"]
    capability: tuple[int, int]
    bandwidth_gbs: float
    nvlink: bool
    watts: int
    kind: Literal["consumer", "workstation", "datacentre"]
    seen: str
    note: str
    source: str
    checked: str


def gpu_names() -> tuple[str, ...]:
    """Names as written in dream.yaml, sorted."""
    return table("gpus.yaml").keys()


@cache
def gpu(name: str) -> Gpu | None:
    """The card of that name, marketing name or nvidia-smi name; None if it is not in the table."""
    wanted = normal(name)
    row = table("gpus.yaml").row(wanted)
    return _gpu(wanted, row) if row is not None else _by_alias(wanted)


def of_another_maker(name: str) -> bool:
    """Whether the name is that of a card on which CUDA does not run."""
    return normal(name).startswith(tuple(table("gpus.yaml").header["others"].split(", ")))


def nearest_gpus(name: str, n: int = 3) -> tuple[str, ...]:
    """Names most like `name`, for a suggestion."""
    return nearest(normal(name), gpu_names(), n)


def normal(name: str) -> str:
    """Lower case, dashes, without the maker's names: `NVIDIA GeForce RTX 4070` -> `rtx-4070`."""
    dashed = re.sub(r"[\s_-]+", "-", name.strip().lower())
    dashed = re.sub(r"^(rtx|gtx)-?(?=\d)", r"\1-", _MAKER.sub("", dashed))
    return re.sub(r"^(quadro-rtx)-?(?=\d)", r"\1-", dashed)


def _by_alias(wanted: str) -> Gpu | None:
    return _aliases().get(wanted)


@cache
def _aliases() -> dict[str, Gpu]:
    cards = [_gpu(name, row) for name, row in table("gpus.yaml").rows()]
    return {normal(alias): card for card in cards for alias in (card.title, *card.aliases)}


def _gpu(name: str, row: Row) -> Gpu:
    major, minor = str(row["capability"]).split(".")
    low, high = row["visible"] if isinstance(row["visible"], list) else (row["visible"], row["visible"])
    return Gpu(
        name=name,
        title=row["title"],
        aliases=tuple(row.get("aliases", ())),
        memory_gib=float(row["memory"]),
        visible_gib=float(low),
        visible_high_gib=float(high),
        confidence=row["confidence"],
        capability=(int(major), int(minor)),
        bandwidth_gbs=float(row["bandwidth"]),
        nvlink=row["nvlink"],
        watts=row["watts"],
        kind=row["kind"],
        seen=row.get("seen", ""),
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )
