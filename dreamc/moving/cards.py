"""The machine: the card that the sources name, else the smallest that holds everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dreamc.diagnostics.codes import severity
from dreamc.knowledge.gpus import Gpu, gpu, gpu_names
from dreamc.moving.assemble import assemble
from dreamc.moving.draft import Draft
from dreamc.moving.prove import Proof, alone, prove
from dreamc.moving.types import Claim
from dreamc.moving.write import text

TOO_SMALL = ("DRM301", "DRM302", "DRM303", "DRM307", "DRM308")
COUNTS = (1, 2, 4, 8)
HEAD = 3
"""Claims that stand before the machine: version, name, mode."""
NOTE = "ASSUMED: no file names the card; this is the smallest that holds it all. Write yours: nvidia-smi -L"

Tried = tuple[tuple[Claim, ...], Proof, str]
"""The claims with the machine, what `check` says, and what was assumed."""


def on_cards(claims: tuple[Claim, ...], draft: Draft, host: str, card: str, today: date) -> Tried:
    """With the card that the user or a source names, else with an assumed one."""
    at = ("hardware", host, "gpus")
    if not any(claim.path[0] == "models" for claim in claims):
        return _tried(claims, Claim(("hardware", host), {}, None), "", today)
    if card:
        return _tried(claims, Claim(at, card, None), "", today)
    if draft.cards:
        name, count, origin = max(draft.cards, key=lambda known: known[1])
        many = max(count, draft.most_gpus)
        return _tried(claims, Claim(at, name if many == 1 else f"{many} x {name}", origin), "", today)
    return _assumed(claims, draft, host, today)


def _assumed(claims: tuple[Claim, ...], draft: Draft, host: str, today: date) -> Tried:
    best = None
    for written in _candidates(max(1, draft.most_gpus)):
        path = f"hardware.{host}.gpus"
        said = f"{path}: {written} is assumed, the smallest that holds everything; write yours, or import with --gpu"
        found = _tried(claims, Claim(("hardware", host, "gpus"), written, None, NOTE), said, today)
        if not any(one.code in TOO_SMALL and severity(one.code) == "error" for one in found[1].findings):
            return found
        best = best or found
    assert best is not None
    return best


def _candidates(least: int) -> Iterator[str]:
    """Cards from the smallest, one of each size, those that people own first; then several of the largest."""
    cards = sorted((card for name in gpu_names() if (card := gpu(name)) is not None), key=_size)
    once: dict[int, Gpu] = {}
    for card in cards:
        once.setdefault(round(card.memory_gib), card)
    for count in COUNTS:
        listed = list(once.values()) if count <= max(1, least) else list(once.values())[-4:]
        if count >= least:
            yield from (card.name if count == 1 else f"{count} x {card.name}" for card in listed)


def _size(card: Gpu) -> tuple[float, bool, tuple[int, ...], str]:
    newest = tuple(-part for part in card.capability)
    return round(card.memory_gib), card.kind != "consumer", newest, card.name


def _tried(claims: tuple[Claim, ...], machine: Claim, assumed: str, today: date) -> Tried:
    whole = (*claims[:HEAD], machine, *claims[HEAD:])
    value, _ = assemble(whole)
    return whole, prove(text(value, {}, ()), alone(today)), assumed
