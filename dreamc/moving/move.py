"""Sources to a dream.yaml and an account of every key: the whole story of an import.

recognise -> read -> across -> join -> finish -> write, or for what compile wrote: open -> settle -> write
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct

from dreamc import __version__
from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.hub.pins import Lock
from dreamc.moving.across import across
from dreamc.moving.assemble import assemble
from dreamc.moving.bundle.opened import Opened, opened
from dreamc.moving.bundle.settle import Settled, settle
from dreamc.moving.draft import Draft
from dreamc.moving.finish import Wish, finish
from dreamc.moving.join import join
from dreamc.moving.notes import Notes
from dreamc.moving.readers import compose, env, litellm, mappings, profile, providers, tiers, vllm, whitelist
from dreamc.moving.recognise import Found
from dreamc.moving.types import TITLES, Claim, Conflict, Given, Kind, Row
from dreamc.moving.write import text

READERS: Mapping[Kind, Callable[[Notes, Draft], None]] = {
    "env": env.read,
    "providers": providers.read,
    "tiers": tiers.read,
    "profile": profile.read,
    "compose": compose.read,
    "vllm": vllm.read,
    "litellm": litellm.read,
    "mappings": mappings.read,
    "whitelist": whitelist.read,
}
"""In this order: what others refer to is read before them."""
BESIDE = "a bundle says all of it; import this file without the bundle"


class Moved(Struct, frozen=True):
    """What an import gives. `rows` account for every key of every source; `remaining` is what `check` says of the text;
    `differs` are the files of a bundle that would be written otherwise, None where there was no bundle; `own` are those
    of the compiler itself, where another version wrote them. `modules` are own checks that belong beside the file."""

    text: str
    kinds: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]
    assumed: tuple[str, ...]
    remaining: tuple[Diagnostic, ...]
    strange: tuple[str, ...]
    differs: tuple[str, ...] | None = None
    own: tuple[str, ...] = ()
    same: int = 0
    modules: tuple[tuple[str, str], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no key at all could be taken."""
        return not any(row.verdict != "left" for row in self.rows)


def move(found: Found, wish: Wish, today: date, lock: Lock | None = None) -> Moved:
    """The dream.yaml of everything that was found; `lock` is the lock file that lies where it goes. DreamError for
    bundles that are none."""
    if found.bundles:
        return _back(found, today, lock)
    draft = Draft()
    notes = [Notes(given) for kind in READERS for given in found.given if given.kind == kind]
    for one in notes:
        READERS[one.given.kind](one, draft)
    across(draft, notes)
    joined = join(draft, notes)
    made = finish(joined, draft, wish, today)
    by_file = {one.given.index: one for one in notes}
    for claim, why in made.refused:
        if claim.origin is not None:
            by_file[claim.origin.given.index].leave(claim.origin.path, f"dream.yaml does not take it: {why}")
    return Moved(
        text=_written(made.claims, tuple(one.given for one in notes)),
        kinds=tuple((one.given.name, TITLES[one.given.kind]) for one in notes),
        rows=_rows(notes),
        conflicts=tuple(joined.conflicts),
        assumed=made.assumed,
        remaining=made.proof.findings,
        strange=found.strange,
    )


def _back(found: Found, today: date, lock: Lock | None) -> Moved:
    """A bundle: what `compile` would write again is accounted for by that."""
    stack = opened(found.bundles, len(found.sources))
    settled = settle(stack, today, lock)
    notes = list(_notes(stack, settled))
    beside = [Notes(given) for given in found.given]
    for one in beside:
        one.leave((), BESIDE)
    return Moved(
        text=_written(settled.claims, tuple(one.given for one in notes)),
        kinds=tuple((host.folder.as_posix(), TITLES["bundle"]) for host in stack.hosts),
        rows=_rows([*notes, *beside]),
        conflicts=(),
        assumed=_unseen(stack, lock),
        remaining=settled.proof.findings,
        strange=found.strange,
        differs=settled.differs,
        modules=tuple(sorted(stack.modules().items())),
        own=settled.own,
        same=settled.same,
    )


def _notes(stack: Opened, settled: Settled) -> list[Notes]:
    made: dict[int, Notes] = {}
    for host in stack.hosts:
        for path, given in host.read.items():
            one = made[given.index] = Notes(given)
            if f"{host.name}/{path}" in settled.differs:
                one.leave((), "compile would write this file otherwise")
            else:
                one.take((), "", "compile writes the same again")
    for claim in settled.claims:
        if claim.origin is not None and made[claim.origin.given.index].noted[()].verdict == "taken":
            made[claim.origin.given.index].take(claim.origin.path, claim.path)
    return list(made.values())


def _unseen(stack: Opened, lock: Lock | None) -> tuple[str, ...]:
    """What a bundle does not hold."""
    several = any(len(mode.cards) for host in stack.hosts for mode in host.release.modes)
    lines = ["ram: and disk: of the machines are in no bundle: `dreamc facts --write` asks the hosts"]
    if several:
        lines.append(
            "a card that holds nothing is in no bundle, and neither are comments, tests: and what is switched off"
        )
    if stack.locked and lock is None:
        lines.append(
            "its digests and commits came from a dream.lock.yaml, which is in no bundle: put it beside the file"
        )
    return tuple(lines)


def _rows(notes: list[Notes]) -> tuple[Row, ...]:
    return tuple(row for one in sorted(notes, key=lambda each: each.given.index) for row in one.rows())


def _written(claims: tuple[Claim, ...], sources: tuple[Given, ...]) -> str:
    value, comments = assemble(claims)
    listed = list(dict.fromkeys(one.name for one in sources))
    shown = listed if len(listed) <= MOST else [*listed[:MOST], f"and {len(listed) - MOST} more"]
    header = [
        f"Imported by dreamc {__version__}. Behind each part stands where it came from:",
        *(f"  {one}" for one in shown),
    ]
    return text(value, _trimmed(comments), header)


MOST = 8
"""Sources that the first lines name."""


def _trimmed(comments: dict[Path, str]) -> dict[Path, str]:
    return {path: said for path, said in comments.items() if said}
