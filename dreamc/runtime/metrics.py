"""What /metrics says, in the text format of Prometheus 0.0.4. Counters are of all time and of all workers. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from .latency import BOUNDS_S
from .money import dollars
from .stats import CALLED, Money
from .tally_sql import Line

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]


def exposition(ever: Sequence[Line], money: Money, stack: str, mode: str) -> str:
    """`ever`: everything that was counted. No line about a budget where none can be read."""
    called = tuple(line for line in ever if line.status in CALLED)
    parts = (
        *_family("dream_info", "gauge", "The stack and its mode.", ((("stack", stack), ("mode", mode)), 1.0)),
        *_calls(called),
        *_requests(ever),
        *_budget(money),
        *_latency(called),
    )
    return "\n".join(parts) + "\n"


def _calls(called: Sequence[Line]) -> Iterator[str]:
    of_call = tuple((_labels(line, "tier", "member", "location", "source", "status"), line.calls) for line in called)
    yield from _family("dream_requests_total", "counter", "Calls of a model, by how they ended.", *_summed(of_call))
    usd = tuple((_labels(line, "tier", "member", "source"), dollars(line.nano_usd)) for line in called if line.nano_usd)
    yield from _family("dream_cost_usd_total", "counter", "What calls cost, in USD.", *_summed(usd))
    rejected = tuple((_labels(line, "tier", "member"), line.calls) for line in called if line.status == "rejected")
    yield from _family("dream_rejected_total", "counter", "Answers that were not passed on.", *_summed(rejected))
    tokens = (
        ((*_labels(line, "tier", "member"), ("kind", kind)), count)
        for line in called
        for kind, count in (("prompt", line.prompt_tokens), ("completion", line.completion_tokens))
    )
    yield from _family("dream_tokens_total", "counter", "Tokens, by kind.", *_summed(tokens))


def _requests(ever: Sequence[Line]) -> Iterator[str]:
    """Of clients; one that was escalated is one."""
    named = {"failed": "failed", "refused": "refused"}
    found = (
        ((("outcome", named.get(line.status, line.location)),), line.calls)
        for line in ever
        if line.status in ("served", *named)
    )
    text = "Requests of clients, by who answered: local, cloud, cache, or nobody."
    yield from _family("dream_client_requests_total", "counter", text, *_summed(found))


def _budget(money: Money) -> Iterator[str]:
    if money.accounts is None:
        yield from _family("dream_ledger_up", "gauge", "Whether the ledger can be read.", ((), 0.0))
        return
    yield from _family("dream_ledger_up", "gauge", "Whether the ledger can be read.", ((), 1.0))
    pairs = tuple(
        ((("provider", limit.provider or ""), ("period", limit.period)), limit, account)
        for limit, account in money.accounts
    )
    left = tuple((labels, dollars(max(limit.nano - account.spent, 0))) for labels, limit, account in pairs)
    yield from _family("dream_budget_left_usd", "gauge", "Left of a budget, in USD.", *left)
    limits = tuple((labels, dollars(limit.nano)) for labels, limit, _ in pairs)
    yield from _family("dream_budget_limit_usd", "gauge", "A budget, in USD.", *limits)
    held = tuple((labels, dollars(account.held)) for labels, _, account in pairs)
    yield from _family("dream_budget_reserved_usd", "gauge", "Held for calls in flight, in USD.", *held)


def _latency(called: Sequence[Line]) -> Iterator[str]:
    """Of calls that were answered, from the first byte sent to the last one received."""
    answered = tuple(line for line in called if line.status == "ok")
    if not answered:
        return
    name = "dream_latency_seconds"
    yield from _head(name, "histogram", "Seconds that answered calls took.")
    for labels in sorted({_labels(line, "tier", "member", "source") for line in answered}):
        own = tuple(line for line in answered if _labels(line, "tier", "member", "source") == labels)
        counts = accumulate(sum(column) for column in zip(*(line.ranges for line in own), strict=True))
        ends = (*(f"{bound:g}" for bound in BOUNDS_S), "+Inf")
        total = 0
        for end, total in zip(ends, counts, strict=True):
            yield _sample(f"{name}_bucket", (*labels, ("le", end)), total)
        yield _sample(f"{name}_sum", labels, sum(line.latency_us for line in own) / 1e6)
        yield _sample(f"{name}_count", labels, total)


def _labels(line: Line, *names: str) -> Labels:
    return tuple((name, str(getattr(line, name))) for name in names)


def _summed(found: Iterable[tuple[Labels, float]]) -> tuple[tuple[Labels, float], ...]:
    sums: dict[Labels, float] = {}
    for labels, value in found:
        sums[labels] = sums.get(labels, 0) + value
    return tuple(sorted(sums.items()))


def _family(name: str, kind: str, text: str, *samples: tuple[Labels, float]) -> Iterator[str]:
    if samples:
        yield from _head(name, kind, text)
        yield from (_sample(name, labels, value) for labels, value in samples)


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _sample(name: str, labels: Labels, value: float) -> str:
    inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{inner}}} {value!r}" if inner else f"{name} {value!r}"


_ESCAPES: Mapping[int, str] = {ord("\\"): r"\\", ord('"'): r"\"", ord("\n"): r"\n"}


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
