"""What would fit instead: less context, fewer requests, a quantised build, more GPUs, another card."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from dreamc.sizing.types import Fit, FitRequest, Refusal
from dreamc.sizing.units import gib, tokens

Solve = Callable[[FitRequest], "Fit | Refusal"]
LEAST = 256
LEAST_CHAT = 2048
"""Tokens: with less there is no room for a system prompt, a question and an answer."""


def options(request: FitRequest, solve: Solve) -> tuple[str, ...]:
    """The nearest changes that were tried and fit, each with its numbers."""
    asked = replace(request, goal="smallest")
    found = (
        _context(request, solve),
        _concurrency(asked, solve),
        *_variants(asked, solve),
        _gpus(asked, solve),
        _card(asked, solve),
    )
    return tuple(text for text in found if text)


def _context(request: FitRequest, solve: Solve) -> str:
    least = LEAST if request.task == "embed" else LEAST_CHAT
    if request.context_floor <= least:
        return ""
    single = replace(
        request,
        goal="largest",
        context_floor=least,
        context_ceiling=request.context_floor,
        concurrency=1,
        max_num_seqs=request.max_num_seqs or request.concurrency,
    )
    answer = solve(single)
    if isinstance(answer, Refusal) or answer.max_model_len >= request.context_floor:
        return ""
    return f"context: {tokens(answer.max_model_len)} fits in {gib(answer.claim)}"


def _concurrency(request: FitRequest, solve: Solve) -> str:
    if (request.concurrency or 1) == 1 or request.max_num_seqs:
        return ""
    answer = solve(replace(request, concurrency=1))
    return "" if isinstance(answer, Refusal) else f"concurrency: 1 fits in {gib(answer.claim)}"


def _variants(request: FitRequest, solve: Solve) -> tuple[str, ...]:
    tried = (
        (other, solve(replace(request, shape=other.shape, quantization=None, dtype=None))) for other in request.variants
    )
    return tuple(
        f"{other.name} fits at {tokens(found.max_model_len)} in {gib(found.claim)} (weights {gib(found.weights)})"
        for other, found in tried
        if isinstance(found, Fit)
    )


def _gpus(request: FitRequest, solve: Solve) -> str:
    for tp in (2, 4, 8):
        if tp <= request.tp:
            continue
        answer = solve(replace(request, tp=tp))
        if isinstance(answer, Fit):
            return f"{tp} such GPUs (tensor parallel {tp}) fit with {gib(answer.claim)} on each"
    return ""


def _card(request: FitRequest, solve: Solve) -> str:
    """The user's own cards first, then the smallest of the others."""
    for card in sorted(request.cards, key=lambda card: (not card.host, card.total, card.name)):
        if card.total <= request.budget and card.capability <= request.capability:
            continue
        changed = replace(request, card_total=card.total, budget=card.total, capability=card.capability, gpu=card.name)
        answer = solve(changed)
        if isinstance(answer, Fit) and card.host:
            return f"it fits on the {card.name} of '{card.host}' (takes {gib(answer.claim)})"
        if isinstance(answer, Fit):
            return f"the smallest card that fits is {card.name} with {gib(card.total)} (takes {gib(answer.claim)})"
    return ""
