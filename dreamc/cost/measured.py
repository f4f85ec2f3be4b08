"""Tokens per second of a running vLLM, from what its `/metrics` counts.

The counters (vLLM 0.33, https://docs.vllm.ai/en/stable/usage/metrics/): `vllm:prompt_tokens_total` and
`vllm:generation_tokens_total` count tokens of every step; `vllm:request_prefill_time_seconds_sum` and its kin for
decode add up the time that finished requests spent in each phase, requests at work at once counted each.

How long the server worked is not counted. It is at most the time that passed, and at most the time of all requests one
after another; the smaller of the two is taken, so that speeds are lower bounds unless requests were waiting throughout.
That time is split between prompts and answers as the times of the phases are, and so the tokens that were counted take
at these speeds exactly the time that they took.
"""

from __future__ import annotations

import re
from contextlib import suppress
from math import inf, isfinite

from msgspec import Struct

PROMPT, ANSWER = "vllm:prompt_tokens_total", "vllm:generation_tokens_total"
PREFILL, DECODE = "vllm:request_prefill_time_seconds_sum", "vllm:request_decode_time_seconds_sum"
RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
START = "process_start_time_seconds"
NEEDED = (PROMPT, ANSWER, PREFILL, DECODE)
LEAST = 100
"""Tokens of either kind, below which a speed says nothing."""
_NAME = re.compile(r'^vllm:generation_tokens_total\{.*?model_name="([^"]*)"', re.MULTILINE)
_SAMPLE = re.compile(r"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{.*\})? +(\S+)", re.MULTILINE)


class Counts(Struct, frozen=True):
    """One look at `/metrics`, at `at` (Unix seconds): tokens, and seconds of requests in each phase.

    `running` and `waiting` requests at that moment; `started` when the process began (Unix seconds), 0 where unsaid;
    `names` of the models that are served.
    """

    at: float
    prompt: float
    answer: float
    prefill: float
    decode: float
    running: float
    waiting: float
    started: float
    names: tuple[str, ...] = ()


class Measured(Struct, frozen=True):
    """Speeds in tokens per second of the whole server. `seconds` of work were reckoned with, out of `watched`.

    `concurrency` is the mean number of requests at work. Not `saturated`: the server had room, and can do more.
    """

    prefill: float
    decode: float
    seconds: float
    watched: float
    prompt_tokens: float
    answer_tokens: float
    concurrency: float
    saturated: bool
    names: tuple[str, ...] = ()


def counts(text: str, at: float) -> Counts | str:
    """What a scrape says, all engines of the server together; a string says what it lacks."""
    sums: dict[str, float] = {}
    for name, number in _SAMPLE.findall(text):
        with suppress(ValueError):
            sums[name] = sums.get(name, 0.0) + float(number)
    if not any(name.startswith("vllm:") for name in sums):
        return "these are not the metrics of a vLLM: nothing begins with vllm:"
    if lacking := [name for name in NEEDED if not isfinite(sums.get(name, inf))]:
        return f"no number for {', '.join(lacking)}: is this a vLLM older than 0.8?"
    prompt, answer, prefill, decode = (sums[name] for name in NEEDED)
    at_work, queued, started = (sums.get(name, 0.0) for name in (RUNNING, WAITING, START))
    names = tuple(sorted(set(_NAME.findall(text))))
    return Counts(at, prompt, answer, prefill, decode, at_work, queued, started, names)


def since_start(now: Counts) -> Measured | str:
    """Speeds over the whole life of the server; a string says why there are none."""
    before = Counts(now.started or -inf, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, now.started)
    return between(before, now)


def between(before: Counts, after: Counts) -> Measured | str:
    """Speeds between two looks at the same server; a string says why there are none."""
    prompt, answer = after.prompt - before.prompt, after.answer - before.answer
    prefill, decode = after.prefill - before.prefill, after.decode - before.decode
    watched = after.at - before.at
    if min(prompt, answer, prefill, decode) < 0 or before.started != after.started:
        return "the server was restarted in between: ask again"
    if watched <= 0:
        return "no time passed between the two looks"
    if min(prompt, answer) < LEAST or min(prefill, decode) <= 0:
        return (
            f"{prompt:g} prompt tokens and {answer:g} tokens of answers were counted in {_time(watched)}, "
            f"at least {LEAST} of each in finished requests are needed: ask while the server works, or for longer"
        )
    saturated = min(before.waiting, after.waiting) > 0
    work = watched if saturated else min(watched, prefill + decode)
    share = prefill / (prefill + decode)
    return Measured(
        prefill=prompt / (work * share),
        decode=answer / (work * (1 - share)),
        seconds=work,
        watched=watched if isfinite(watched) else 0.0,
        prompt_tokens=prompt,
        answer_tokens=answer,
        concurrency=(prefill + decode) / work,
        saturated=saturated,
        names=after.names,
    )


def note(found: Measured) -> str:
    """What to know about these figures, in words."""
    if found.saturated:
        return "measured while requests were waiting: what the server can do with this mix of prompts and answers"
    return (
        f"measured with room left (about {found.concurrency:.1f} requests at work): the server can do more, so its "
        "tokens cost at most this; prompts that were cached count as read"
    )


def _time(watched: float) -> str:
    return f"{watched:.0f} s" if isfinite(watched) else "its life"
