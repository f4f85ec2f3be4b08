"""A usage log as requests to decide again: what was asked, and what became of it.

What failed fails again, a cached answer stays one, and what was paid is what it costs; only who is asked may change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from dreamc.cost.arrival import Arrival, Place
from dreamc.cost.usage_log import Line, Request

OF_THE_POLICY = ("budget", "USD are left", "whitelist", "price", "fit the")
"""Words of a refusal that another policy, or more money, may decide otherwise (runtime/whitelist.py, purse.py)."""


class Replay(Struct, frozen=True):
    """The requests in the order of the log, and of how many of them the log does not say their tokens. `own`: calls of
    the gateway's own whose requests the log does not hold, and nano-dollars that they cost; they are left out."""

    arrivals: tuple[Arrival, ...]
    guessed: int
    own: tuple[int, int] = (0, 0)


def replay(requests: Iterable[Request], cooldown: float, limit: int | None = None) -> Replay:
    """`cooldown` in seconds: so long LiteLLM leaves a model alone that failed. `limit`: the most tokens that clients
    ask for, which the log does not say; it matters where a budget is nearly used up."""
    failures: dict[str, float] = {}
    found: list[Arrival] = []
    own, nano = 0, 0
    for one in requests:
        if one.orphan:
            own, nano = own + len(one.lines), nano + one.nano_usd
        else:
            found.append(_arrival(one, failures, cooldown, limit))
    found.sort(key=_day)
    means = _means(found)
    arrivals = tuple(_filled(one, means) if one.guessed else one for one in found)
    return Replay(arrivals, sum(one.guessed for one in arrivals), (own, nano))


def _day(one: Arrival) -> str:
    return one.day


def _arrival(one: Request, failures: dict[str, float], cooldown: float, limit: int | None) -> Arrival:
    head, answer = one.head, one.answer
    tries = one.attempts
    failed = tuple(dict.fromkeys(line.member for line in tries if line.kind == "error"))
    began = _seconds(one.lines[0].time)
    cooling = tuple(name for name, at in failures.items() if began - at <= cooldown) if failures else ()
    for line in tries:
        if line.kind == "error":
            failures[line.member] = _seconds(line.time)
    first = next((line.member for line in tries if line.kind != "error"), "")
    cached = answer is not None and answer.served == "cache"
    told = answer or next((line for line in tries if line.kind != "error"), head)
    return Arrival(
        day=head.day,
        action=head.action,
        input=told.prompt_tokens,
        output=told.completion_tokens,
        alias=head.alias,
        score=_score(one),
        limit=limit,
        first=first,
        place=_place(answer),
        calls=tuple((line.member, line.nano_usd) for line in one.lines if line.kind in ("ok", "rejected")),
        failed=tuple(name for name in failed if name != first),
        cooling=cooling,
        stays="cache" if cached else "refused" if _for_good(one) else "",
        guessed=not first and not _for_good(one),
        quality=answer.quality if answer is not None else None,
    )


def _place(answer: Line | None) -> Place:
    if answer is None:
        return ""
    return "cloud" if answer.served == "cloud" else "cache" if answer.served == "cache" else "local"


def _score(one: Request) -> float | None:
    return next((line.score for line in one.lines if line.score is not None), None)


def _for_good(one: Request) -> bool:
    """Refused for what no policy changes: a request that the client has to mend."""
    last = one.lines[-1]
    return last.kind == "refused" and not any(words in last.status for words in OF_THE_POLICY)


@lru_cache(maxsize=65_536)
def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return 0.0


_Means = Mapping[str | None, tuple[int, int]]
ALL = ""
"""Stands for requests of every kind."""


def _means(found: Iterable[Arrival]) -> _Means:
    """Mean tokens of the requests of each action whose tokens the log says, and of all."""
    counts, read, wrote = Counter[str | None](), Counter[str | None](), Counter[str | None]()
    for one in found:
        if one.first:
            for key in (one.action, ALL):
                counts[key] += 1
                read[key] += one.input
                wrote[key] += one.output
    return {key: (round(read[key] / many), round(wrote[key] / many)) for key, many in counts.items()}


def _filled(one: Arrival, means: _Means) -> Arrival:
    sizes = means.get(one.action) or means.get(ALL) or (0, 0)
    return replace(one, input=sizes[0], output=sizes[1])
