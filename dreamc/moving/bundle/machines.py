"""`hardware:` out of the cards that release.json lists, host by host."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from urllib.parse import urlsplit

from dreamc.artifact.release import Card
from dreamc.knowledge.gpus import gpu, normal
from dreamc.moving.bundle.opened import PROVIDERS, Host, Opened
from dreamc.moving.types import Claim
from dreamc.sizing.types import GIB


def machines(found: Opened) -> Iterator[Claim]:
    """A host for every bundle. A card that stands empty is in no bundle, and neither are memory and disk."""
    for host in found.hosts:
        origin = host.at("release.json")
        cards = _cards(host)
        if cards:
            yield Claim(("hardware", host.name, "gpus"), _written(cards), origin)
        else:
            yield Claim(("hardware", host.name), {}, origin)
        address = _address(found, host)
        if address:
            yield Claim(("hardware", host.name, "address"), address, found.gateway.at(PROVIDERS, "providers"))


def _cards(host: Host) -> tuple[Card, ...]:
    """By index from 0; one that holds nothing is taken for one like its neighbour."""
    known = {card.index: card for mode in host.release.modes for card in mode.cards}
    if not known:
        return ()
    first = known[min(known)]
    filled: list[Card] = []
    for index in range(max(known) + 1):
        filled.append(known.get(index, filled[-1] if filled else first))
    return tuple(filled)


def _written(cards: tuple[Card, ...]) -> object:
    alike = [(key, len(tuple(several))) for key, several in groupby(cards, key=_entry)]
    entries = [_counted(model, memory, capability, count) for (model, memory, capability), count in alike]
    return entries[0] if len(entries) == 1 else entries


def _entry(card: Card) -> tuple[str, str, str]:
    """Name, and memory and capability where they are not the table's."""
    known = gpu(card.name)
    if known is None:
        return normal(card.name), f"{card.total} B", card.capability
    usual = int(known.visible_gib * GIB) == card.total and (
        known.confidence == "measured" or card.confidence != "exact"
    )
    same = card.capability == ".".join(map(str, known.capability))
    return known.name, "" if usual else f"{card.total} B", "" if same else card.capability


def _counted(model: str, memory: str, capability: str, count: int) -> object:
    if not memory and not capability:
        return model if count == 1 else f"{count} x {model}"
    long: dict[str, object] = {"model": model}
    if count > 1:
        long["count"] = count
    return long | {key: value for key, value in (("memory", memory), ("capability", capability)) if value}


def _address(found: Opened, host: Host) -> str:
    """How gateways elsewhere reach a host, where that is not its name."""
    for one in found.gateway.value(PROVIDERS).get("providers", {}).values():
        if one.get("location") == host.name and host.name != found.gateway.name:
            name = urlsplit(one.get("base_url", "")).hostname or ""
            return "" if name == host.name.lower() else name
    return ""
