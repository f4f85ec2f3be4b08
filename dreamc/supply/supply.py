"""Brings every model that a host lacks, from the nearest place that has it.

there already -> another host -> the controller's cache -> the host fetches it -> the controller fetches and pushes
"""

from __future__ import annotations

from msgspec import Struct

from dreamc.artifact.release import Release
from dreamc.errors import DreamError
from dreamc.supply import pull_hub, pull_ollama
from dreamc.supply.deliver import deliver, spare
from dreamc.supply.hub import Elsewhere, Hub
from dreamc.supply.look import gaps
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.shelf_ollama import OllamaShelf
from dreamc.supply.talk import Session, gib, marks, raise_refusal, step
from dreamc.supply.types import Errand, Gap, Shelf, Via
from dreamc.supply.want import label_of, pinned


class Sources(Struct, frozen=True):
    """Where models may come from. `archive` stands for all others where it is given; `hub` is for hosts that fetch
    themselves; `offline`: nothing is downloaded, neither here nor there."""

    neighbours: tuple[Shelf, ...] = ()
    hub_shelf: HubShelf | None = None
    ollama_shelf: OllamaShelf | None = None
    hub: Hub = Hub()
    archive: Shelf | None = None
    offline: bool = False


class Way(Struct, frozen=True):
    """One way for one model. `shelf` is None where the host fetches it with `image`."""

    name: str
    shelf: Shelf | None = None
    image: str = ""


class Brought(Struct, frozen=True):
    """How a model came to a host. `sent` are bytes over the connection, 0 where the host fetched it itself."""

    model: str
    way: str
    sent: int
    pinned: bool


def supply(
    session: Session,
    release: Release,
    wanted: tuple[Gap, ...],
    sources: Sources,
    via: Via = "auto",
    errand: Errand = Errand(),  # noqa: B008 - frozen
) -> tuple[Brought, ...]:
    """Makes every model complete on the host; what is complete is left alone. Nothing that runs is touched.

    DreamError when a model cannot be had, before it is begun where that is known before; files that arrived stay.
    """
    lacking = tuple(one for one in wanted if not one.complete)
    _room(session, lacking, errand)
    done = tuple(_bring(session, gap, ways(gap, release, sources, via), sources, errand) for gap in lacking)
    for gap in gaps(session, tuple(one.weights for one in lacking)):
        if not gap.complete:
            raise DreamError(
                f"{session.address.name}: {label_of(gap.weights)} is not complete: {gap.why}", "", "repeat"
            )
    return done


def ways(gap: Gap, release: Release, sources: Sources, via: Via = "auto") -> tuple[Way, ...]:
    """The ways for a model in the order in which they are tried; asks neighbours and disks, no network. Empty: none."""
    weights = gap.weights
    if sources.archive is not None:
        return (Way(sources.archive.label, sources.archive),) if sources.archive.offers(weights) else ()
    found: list[Way] = []
    if via in ("auto", "neighbour"):
        near = next((one for one in sources.neighbours if one.offers(weights)), None)
        found += [Way(f"copied from {near.label}", near)] if near else []
    shelf = sources.hub_shelf if weights.kind == "hf" else sources.ollama_shelf
    held = shelf is not None and shelf.held(weights)
    if shelf and held and via in ("auto", "push"):
        found.append(Way(f"pushed from {shelf.label}", shelf))
    words = pull_hub.PYTHON_IMAGES if weights.kind == "hf" else pull_hub.OLLAMA_IMAGES
    image = "" if sources.offline else pull_hub.image_for(release, words)
    if image and via in ("auto", "host"):
        found.append(Way(f"the host fetches it, with {image}", None, image))
    if shelf and not held and not sources.offline and via in ("auto", "push") and shelf.offers(weights):
        found.append(Way(f"fetched to {shelf.label} and pushed", shelf))
    return tuple(found)


def _bring(session: Session, gap: Gap, found: tuple[Way, ...], sources: Sources, errand: Errand) -> Brought:
    host, label = session.address.name, label_of(gap.weights)
    for way in found:
        errand.say(host, f"{label}: {gap.why}; {way.name}")
        try:
            return _by(session, gap, way, sources, errand)
        except Elsewhere as error:
            if way is found[-1]:
                raise
            errand.say(host, f"{label}: {error.what}; the next way is tried")
    raise DreamError(
        f"{host}: there is no way to bring {label}",
        "nothing was stopped",
        "name a host that has it (--via neighbour), let this machine fetch it (--via push), or give an archive",
    )


def _by(session: Session, gap: Gap, way: Way, sources: Sources, errand: Errand) -> Brought:
    label = label_of(gap.weights)
    if way.shelf is not None:
        parcel = way.shelf.parcel(gap.weights, errand.progress)
        return Brought(label, way.name, deliver(session, parcel, way.shelf, errand), parcel.pinned)
    if gap.weights.kind == "ollama":
        pull_ollama.fetch(session, gap, way.image, errand)
    else:
        pull_hub.fetch(session, gap, way.image, sources.hub, errand)
    return Brought(label, way.name, 0, pinned(gap.weights))


def _room(session: Session, lacking: tuple[Gap, ...], errand: Errand) -> None:
    """Refuses when all that is to come does not fit, file system by file system, before the first byte."""
    stores = tuple(dict.fromkeys(one.weights.store for one in lacking))
    if not stores:
        return
    asked = "".join(f"{one}\n" for one in stores).encode()
    answer = session.run(step("disk", ("store.sh", "disk.sh"), len(asked), store=stores[0]), (asked,))
    raise_refusal(answer, session.address.name, stores[0])
    disks: dict[str, tuple[int, list[str]]] = {}
    for store, (blocks, device) in zip(stores, marks(answer, "disk"), strict=True):
        disks.setdefault(device, (int(blocks), []))[1].append(store)
    for free, here in disks.values():
        coming = sum(one.needed or 0 for one in lacking if one.weights.store in here)
        needed = coming + spare(coming, errand.spare) if coming else 0
        if needed > free:
            raise DreamError(
                f"{session.address.name}: {gib(needed)} are needed in {here[0]}, {gib(free)} are free",
                "nothing was written",
                "make room there, or dreamc models gc removes what no release uses",
            )
