"""What a compile says: the ledger of each card, who answers what in each mode, and where the files are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from dreamc.artifact.types import Bundle
from dreamc.sizing.bar import bar
from dreamc.sizing.types import GIB, Fit
from dreamc.stack.types import CardLedger, ModeRoutes, Stack

MOST_CARDS = 16
WIDTH = 48


def summary(stack: Stack, bundles: tuple[Bundle, ...], directory: Path) -> str:
    """Plain text, the same on a terminal and in CI."""
    return "\n".join((*_cards(stack, bundles), *_models(stack), *_modes(stack), *_files(bundles, directory)))


def _cards(stack: Stack, bundles: tuple[Bundle, ...]) -> Iterator[str]:
    hosts = {one.host for one in bundles}
    ledgers = (one for one in stack.ledgers if one.host in hosts)
    groups = [tuple(group) for _, group in groupby(ledgers, key=_alike)]
    for group in groups[:MOST_CARDS]:
        yield from _card(group)
    if len(groups) > MOST_CARDS:
        yield f"… and {sum(map(len, groups[MOST_CARDS:]))} more cards; each host's README.md shows its own"
        yield ""


def _alike(one: CardLedger) -> object:
    """Cards of one host that hold the same are shown once."""
    return one.host, one.card.name, one.card.total, one.ledger


def _card(group: tuple[CardLedger, ...]) -> Iterator[str]:
    one = group[0]
    sure = "" if one.card.confidence == "exact" else f", {one.card.confidence}"
    cards = f"GPU {one.card.index}" if len(group) == 1 else f"GPUs {one.card.index} to {group[-1].card.index}, each"
    yield f"{one.host} {cards}: {one.card.label}, {one.card.total / GIB:.2f} GiB visible to CUDA{sure}"
    yield bar(one.ledger, WIDTH)
    yield ""


def _models(stack: Stack) -> Iterator[str]:
    for model in stack.locals:
        where = ", ".join(f"{one.host}:{'+'.join(map(str, one.gpus))}" for one in model.instances[:4])
        more = f" and {len(model.instances) - 4} more" if len(model.instances) > 4 else ""
        if isinstance(model.size, Fit) and model.size.tokens:
            room = f", {model.size.tokens:,} tokens of KV cache ({model.size.full_requests:.1f} full requests)"
        else:
            room = ""
        limits = f"context {model.context:,}, {model.concurrency} at once"
        yield f"{model.name}: {model.engine} on {where}{more}, {limits}{room}"
    if stack.locals:
        yield ""


def _modes(stack: Stack) -> Iterator[str]:
    for mode in stack.modes:
        yield f"{mode.mode} mode" + (" (starts in this one)" if mode.mode == stack.mode else "")
        yield from _routes(mode)
    for skipped in stack.skipped:
        yield f"{skipped.mode} mode: not compiled, {skipped.reason}"
    yield ""


def _routes(mode: ModeRoutes) -> Iterator[str]:
    for route in mode.routes:
        if route.kind == "routed":
            yield f"  {route.alias}: the policy chooses a tier"
            for tier in mode.tiers:
                yield f"    {tier.name}: {' -> '.join(tier.members)}"
        else:
            how = "" if route.strategy == "priority" else f" ({route.strategy})"
            yield f"  {route.alias}: {' -> '.join(route.members)}{how}"


def _files(bundles: tuple[Bundle, ...], directory: Path) -> Iterator[str]:
    for one in bundles[:MOST_CARDS]:
        yield f"{(directory / one.host).as_posix()}: {len(one.artifacts)} files; begin with README.md"
    if len(bundles) > MOST_CARDS:
        yield f"… and {len(bundles) - MOST_CARDS} more hosts below {directory.as_posix()}"
