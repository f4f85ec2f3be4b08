"""The largest context of one vLLM instance within a budget, and what was traded for it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from dreamc.sizing import cache_types
from dreamc.sizing.answer import Choice, answer, shortfall
from dreamc.sizing.ladder import Rung, ladder
from dreamc.sizing.options import options
from dreamc.sizing.problem import Problem, problem
from dreamc.sizing.types import GIB, Fit, FitRequest, Refusal
from dreamc.sizing.units import gib, tokens

STEP = 256


def fit(request: FitRequest) -> Fit | Refusal:
    """Answer the settings for this budget, or the deficit and the nearest things that fit.

    Goal "largest": the longest context in [floor, ceiling] at which all ``concurrency`` requests can be of full
    length; where even the floor does not hold them all, the floor, as long as one request of full length fits.
    All of the budget is used. Goal "smallest": the least claim that serves one request of the floor's length.

    What is traded, in this order: sequences, batched tokens, context down to the floor, requests at once, the KV
    cache's type where the card has a smaller one, CUDA graphs, and weights moved to main memory where that is allowed.
    A further GPU comes before the last of them (`parallel.smallest_tp`).
    """
    found = solve(request)
    return replace(found, options=found.options or options(request, solve)) if isinstance(found, Refusal) else found


def solve(request: FitRequest) -> Fit | Refusal:
    """As ``fit``, without looking for other things that would fit."""
    found = problem(request)
    if isinstance(found, Refusal):
        return found
    rungs = ladder(found)
    chosen = _smallest(found, rungs) if request.goal == "smallest" else _largest(found, rungs)
    chosen = chosen or _last_resort(found, rungs[-1])
    return answer(found, chosen, rungs[0]) if chosen else _refuse(found, rungs[-1])


def _largest(found: Problem, rungs: tuple[Rung, ...]) -> Choice | None:
    cache, eager, wanted = _cache(found), found.request.enforce_eager, found.request.concurrency or 1
    floor = found.request.context_floor
    for rung in rungs:
        choice = Choice(rung, cache, eager, found.ceiling)
        if shortfall(found, choice, wanted) <= 0:
            return choice
    length = _longest(found, Choice(rungs[-1], cache, eager, floor), wanted)
    if length:
        return Choice(rungs[-1], cache, eager, length)
    single = (Choice(rung, cache, eager, floor) for rung in rungs)
    return next((choice for choice in single if shortfall(found, choice, 1) <= 0), None)


def _smallest(found: Problem, rungs: tuple[Rung, ...]) -> Choice | None:
    choice = Choice(rungs[-1], _cache(found), found.request.enforce_eager, found.request.context_floor)
    return choice if shortfall(found, choice, 1) <= 0 else None


def _longest(found: Problem, at_floor: Choice, wanted: int) -> int:
    """Largest multiple of 256 tokens, or the floor itself, that fits ``wanted`` times; 0 where the floor does not."""
    if shortfall(found, at_floor, wanted) > 0:
        return 0
    low, high = at_floor.length // STEP, found.ceiling // STEP
    while low < high:
        middle = (low + high + 1) // 2
        fits = shortfall(found, replace(at_floor, length=middle * STEP), wanted) <= 0
        low, high = (middle, high) if fits else (low, middle - 1)
    return max(at_floor.length, low * STEP)


def _last_resort(found: Problem, rung: Rung) -> Choice | None:
    resorts = tuple(_resorts(found, rung))
    fits = next((choice for choice in resorts if shortfall(found, choice, 1) <= 0), None)
    return fits or (_offloaded(found, resorts[-1]) if resorts else None)


def _offloaded(found: Problem, choice: Choice) -> Choice | None:
    """The last of all: as few GiB of the weights as will do in main memory, where the user allows any."""
    missing = shortfall(found, choice, 1)
    offload = min(-(-missing // GIB) * GIB, found.request.offload)
    moved = replace(choice, offload=offload)
    return moved if offload and shortfall(found, moved, 1) <= 0 else None


def _resorts(found: Problem, rung: Rung) -> Iterator[Choice]:
    """Only to reach the floor: a smaller KV type, then no CUDA graphs."""
    request = found.request
    if not request.last_resorts:
        return
    saving = cache_types.saving(request.vllm_version, request.capability) if _may_save(found) else None
    if saving:
        yield Choice(rung, saving, request.enforce_eager, request.context_floor)
    if not request.enforce_eager:
        yield Choice(rung, _cache(found), True, request.context_floor)
        if saving:
            yield Choice(rung, saving, True, request.context_floor)
    elif not saving:
        yield Choice(rung, _cache(found), True, request.context_floor)


def _may_save(found: Problem) -> bool:
    return _cache(found) == "auto" and not found.shape.encoder and found.shape.mla is None


def _cache(found: Problem) -> str:
    return found.request.kv_cache_dtype or "auto"


def _refuse(found: Problem, rung: Rung) -> Refusal:
    request = found.request
    last = (Choice(rung, _cache(found), request.enforce_eager, request.context_floor), *_resorts(found, rung))
    last = (*last, replace(last[-1], offload=request.offload if request.last_resorts else 0))
    deficit = min(shortfall(found, choice, 1) for choice in last)
    each = " on each of them" if request.tp > 1 else ""
    return Refusal(
        "memory",
        f"{gib(request.budget)} are there, {gib(request.budget + deficit)} are needed{each}: weights "
        f"{gib(found.weights)}, and one request of {tokens(request.context_floor)} tokens beside the working memory",
        deficit,
    )
