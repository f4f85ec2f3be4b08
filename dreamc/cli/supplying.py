"""Images and model files before an activation: brought from the nearest place, with progress, while the old serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dreamc.cli.change import Supply
from dreamc.cli.hosts import Scene, who
from dreamc.provision.events import Event, Phase, Tell
from dreamc.provision.session import Session, open_session
from dreamc.provision.survey import Survey
from dreamc.supply.types import Errand, Progress, Shelf, Via

if TYPE_CHECKING:
    from dreamc.supply.archive import Archive


def supplier(here: Scene, via: str = "auto", offline: bool = False, archive: Path | None = None) -> Supply:
    """What an apply calls for each host; it brings what the target's mode lacks, and touches nothing that runs.

    With an `archive`, images and models come from it alone.
    """
    opened = _opened(archive)

    def supply(session: Session, one: Survey, tell: Tell) -> None:
        if one.release is None or not one.plan.downloads:
            return
        from dreamc.cli.stores import sources
        from dreamc.supply.images import images, missing_images
        from dreamc.supply.look import missing
        from dreamc.supply.supply import supply as bring

        mode = one.plan.target.mode
        lacking = missing_images(session, one.release, mode)
        images(session, lacking, opened, _progress(tell, "images"), _say(tell, "images"))
        errand = Errand(who(), _progress(tell, "weights"), _say(tell, "weights"))
        models = missing(session, one.release, mode)
        with _neighbours(here.sessions, session, via) as near:
            bring(session, one.release, models, sources(near, opened, offline), cast(Via, via), errand)

    return supply


def _opened(archive: Path | None) -> Archive | None:
    """Every part of an archive is compared with its checksum before anything is begun."""
    if archive is None:
        return None
    from dreamc.supply.archive import read

    return read(archive)


@contextmanager
def _neighbours(sessions: Mapping[str, Session], mine: Session, via: str) -> Iterator[tuple[Shelf, ...]]:
    """The other hosts of this run; each gets a connection of its own when it is asked."""
    from dreamc.supply.shelf_neighbour import NeighbourShelf

    others = [] if via not in ("auto", "neighbour") else [one for one in sessions.values() if one is not mine]
    shelves = [NeighbourShelf(one.address.name, partial(open_session, one.address)) for one in others]
    try:
        yield tuple(shelves)
    finally:
        for shelf in shelves:
            shelf.close()


def _progress(tell: Tell, phase: Phase) -> Progress:
    def progress(host: str, model: str, done: int, total: int) -> None:
        tell(Event(host, phase, model, done, total))

    return progress


def _say(tell: Tell, phase: Phase) -> Callable[[str, str], None]:
    return lambda host, text: tell(Event(host, phase, text))
