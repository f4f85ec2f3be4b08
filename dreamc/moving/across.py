"""What only several files together show: data that moves with the mode, cards booked twice, variables that are used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dreamc.moving.draft import Booked, Draft, Mounted
from dreamc.moving.notes import Notes
from dreamc.moving.readers.env import UNREAD
from dreamc.spec.operation import Data

PLACED = "the compiler places models on cards, and adds up what stands on each"
ON_CPU = ("whisper", "tts", "open-webui", "qdrant", "searxng", "n8n", "redis")


def across(draft: Draft, everyone: Iterable[Notes]) -> None:
    """Notes on keys that one file alone could not judge."""
    sources = tuple(everyone)
    _volumes(draft, sources)
    _cards(draft)
    for notes in sources:
        for path, note in tuple(notes.noted.items()):
            used = draft.used.get(str(path[-1])) if path and note.reason == UNREAD else None
            if used:
                notes.take(path, "", f"fills in {', '.join(dict.fromkeys(used))}")


def _volumes(draft: Draft, sources: tuple[Notes, ...]) -> None:
    """Data of one service that lies elsewhere in another mode is not the same data."""
    places: dict[tuple[str, str], list[Mounted]] = defaultdict(list)
    for one in draft.mounted:
        places[one.kind, one.target].append(one)
    for (kind, target), several in places.items():
        spots = {one.source: one.notes.given.name for one in several}
        bare = [notes.given.name for notes in sources if _runs_bare(notes, kind, several, draft)]
        for one in several:
            one.notes.correct(one.path, ("data", "root"), _why(kind, target, one, spots, bare))


def _why(kind: str, target: str, one: Mounted, spots: dict[str, str], bare: list[str]) -> str:
    del target
    home = f"{Data().root}/data/{kind}" if kind not in ("vllm", "ollama") else f"{Data().root}/models"
    reason = f"data lies below data: root in every mode, here {home}"
    if one.source.startswith((".", "/", "~")) and (
        one.source.endswith((".yaml", ".yml", ".json", ".py", ".sh", ".conf"))
    ):
        return "the compiler writes this file and mounts it"
    if len(spots) > 1:
        listed = ", ".join(f"{file} has {source or 'an anonymous volume'}" for source, file in spots.items())
        reason += f"; before it moved with the mode ({listed})"
    if bare:
        reason += f"; {', '.join(bare)} kept nothing of it"
    return f"{reason}; copy what is to be kept before the first start" if one.source else reason


def _runs_bare(notes: Notes, kind: str, several: list[Mounted], draft: Draft) -> bool:
    """Whether a compose file runs the service without any of this data, while another file keeps some."""
    if any(one.notes is notes for one in several) or notes.given.kind != "compose":
        return False
    return any(claim.path == ("services", kind) and claim.origin is not None and claim.origin.given is notes.given
               for claim in draft.claims)  # fmt: skip


def _cards(draft: Draft) -> None:
    """A card that several services of one file book is added up by none of them."""
    by_card: dict[tuple[str, str], list[Booked]] = defaultdict(list)
    for one in draft.booked:
        by_card[one.notes.given.name, one.gpu].append(one)
    for (_, gpu), several in by_card.items():
        names = list(dict.fromkeys(one.service for one in several))
        for one in several:
            if len(names) > 1:
                listed = f"{', '.join(names[:-1])} and {names[-1]}"
                cpu = f"; {one.service} runs on the CPU" if one.service in ON_CPU else ""
                why = f"GPU {gpu} is booked {len(names)} times, by {listed}; {PLACED}{cpu}"
                one.notes.correct(one.path, "" if cpu else "models.*.gpu", why)
            else:
                one.notes.take(one.path, "models.*.gpu", PLACED)
