"""The judge: weighs an answer, asks others for theirs, and climbs to the next tier until one is good enough.

Nothing here knows LiteLLM: `Case.ask` asks a member. The best answer stands where none is good enough.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from .agreement import AGREED, agree, shares
from .answers import Answer
from .custom import Custom
from .ladder import next_rung, peers, rank
from .quality import FAULTLESS, Question, Verdict, score
from .stamp import Stamp
from .types import Policy

DISAGREED = 0.3
"""What is left of the score of an answer that a second model does not give."""

PROMPT_SHOWN, ANSWER_SHOWN = 6_000, 12_000
"""Characters of the request and of the answer that a critique is shown."""

_CRITIQUE = (
    "Judge an answer to a request. Is it correct, complete, and what was asked for? Reply with JSON alone: "
    '{{"score": S}}, where S is a number from 0 (useless) to 1 (nothing to improve).\n\n'
    "<request>\n{request}\n</request>\n\n<answer>\n{answer}\n</answer>"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer. `response` is what the client would get: a response, or the chunks of a stream."""

    member: str
    answers: tuple[Answer, ...]
    response: Any
    verdict: Verdict = FAULTLESS
    agreed: bool = True

    @property
    def text(self) -> str:
        """What it says, or the arguments of its tool calls."""
        first = self.answers[0] if self.answers else Answer("")
        return first.text or "\n".join(first.tool_arguments)


Asks = Callable[[str, str, str | None], Awaitable[Attempt | None]]
"""(member, what for, another prompt or None for the client's own) -> its answer, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known about a request while its answers are judged."""

    policy: Policy
    stamp: Stamp
    question: Question
    customs: tuple[Custom, ...]
    ask: Asks

    @property
    def candidates(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.stamp.reserve, *self.stamp.members)))

    def good(self, attempt: Attempt) -> bool:
        threshold = self.policy.quality.threshold if self.policy.quality is not None else 0.0
        return attempt.agreed and attempt.verdict.value >= threshold


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer that stands, every answer that was weighed, and whether the one that stands is good enough."""

    best: Attempt
    all: tuple[Attempt, ...]
    passed: bool = True


async def settle(case: Case, first: Attempt) -> Outcome:
    """Weighs the first answer, then climbs. Each tier is one attempt, however many of its members failed to answer."""
    found = await _agreeing(case, first) if case.stamp.models else (await _weighed(case, first, second=True),)
    asked = [one.member for one in found]
    for _ in range(case.stamp.attempts_allowed - 1):
        if case.good(_best(case, found)):
            break
        answer = await _climb(case, asked)
        if answer is None:
            break
        found = (*found, await _weighed(case, answer))
    best = _best(case, found)
    return Outcome(best, found, case.good(best))


def _best(case: Case, found: tuple[Attempt, ...]) -> Attempt:
    """The highest score. Of equal ones the first where it is good enough, else the one of the highest tier."""
    marks = tuple((case.good(one), one.verdict.value) for one in found)
    top = tuple(one for one, mark in zip(found, marks, strict=True) if mark == max(marks))
    return top[0] if case.good(top[0]) else top[-1]


async def _climb(case: Case, asked: list[str]) -> Attempt | None:
    """An answer of the next tier that gives one; whom it asks is added to `asked`."""
    while rung := next_rung(case.policy, case.stamp.reserve, tuple(asked)):
        for member in rung:
            asked.append(member)
            answer = await case.ask(member, "escalation", None)
            if answer is not None:
                return answer
    return None


async def _weighed(case: Case, attempt: Attempt, *, second: bool = False) -> Attempt:
    """The attempt with its verdict: rules first, and dearer opinions only on what passed them."""
    weighed, quality = await _ruled(case, attempt), case.policy.quality
    if quality is None or not attempt.answers or attempt.answers[0].tool_arguments:
        return weighed
    if second and quality.agreement and case.good(weighed):
        weighed = replace(weighed, verdict=await _compared(case, weighed))
    if quality.self_critique and case.good(weighed):
        weighed = replace(weighed, verdict=await _criticised(case, weighed))
    return weighed


async def _ruled(case: Case, attempt: Attempt) -> Attempt:
    """The attempt with the verdict of the rules and of the user's own checks."""
    if case.policy.quality is None:
        return attempt
    verdict = score(case.question, attempt.answers, case.policy.quality.checks)
    for custom in case.customs:
        opinion = await custom.opinion(attempt.text, case.question.action, case.question.prompt)
        if opinion is not None:
            verdict = verdict.lowered(opinion, f"{custom.path} says {opinion:g}")
    return replace(attempt, verdict=verdict)


async def _compared(case: Case, attempt: Attempt) -> Verdict:
    """Lowered where a second model of the same or a cheaper tier says something else. No second model, no opinion."""
    for member in peers(case.policy, case.candidates, attempt.member):
        other = await case.ask(member, "agreement", None)
        if other is not None:
            same = agree(attempt.text, other.text) >= AGREED
            return attempt.verdict if same else attempt.verdict.lowered(DISAGREED, f"{member} says something else")
    return attempt.verdict


async def _criticised(case: Case, attempt: Attempt) -> Verdict:
    """At most what the model itself gives its answer."""
    prompt = _CRITIQUE.format(request=case.question.prompt[:PROMPT_SHOWN], answer=attempt.text[:ANSWER_SHOWN])
    said = await case.ask(attempt.member, "critique", prompt)
    value = None if said is None else critique_score(said.text)
    return attempt.verdict if value is None else attempt.verdict.lowered(value, f"its own critique says {value:g}")


def critique_score(text: str) -> float | None:
    """The last `{"score": S}` in a text, S from 0 to 1; None where there is none."""
    at = text.rfind("{")
    end = text.find("}", at)
    try:
        found = json.loads(text[at : end + 1]) if 0 <= at < end else None
    except (ValueError, RecursionError):
        return None
    value = found.get("score") if isinstance(found, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    return float(value) if 0 <= value <= 1 else None


async def _agreeing(case: Case, first: Attempt) -> tuple[Attempt, ...]:
    """The first answer beside those of other models, asked at once; only one that enough of them give has agreed."""
    others = [name for name in _jury(case) if name != first.member][: case.stamp.models - 1]
    answers = await asyncio.gather(*(case.ask(name, "consensus", None) for name in others))
    found = (first, *(answer for answer in answers if answer is not None))
    weighed = [await _ruled(case, one) for one in found]
    if len(weighed) == 1:
        return (weighed[0],)
    consensus = case.policy.consensus
    wanted = consensus.threshold if consensus is not None else 1.0
    parts = shares(tuple(one.text for one in weighed))
    return tuple(_sided(one, part, wanted, len(weighed)) for one, part in zip(weighed, parts, strict=True))


def _jury(case: Case) -> tuple[str, ...]:
    """Those who may vote: local ones first, the best before the others, then paid ones, the cheapest first."""
    local = tuple(name for name in case.candidates if case.policy.members[name].location == "local")
    paid = tuple(name for name in case.candidates if name not in local)
    return (
        *sorted(local, key=lambda name: -rank(case.policy, name)),
        *sorted(paid, key=lambda name: rank(case.policy, name)),
    )


def _sided(attempt: Attempt, share: float, wanted: float, voters: int) -> Attempt:
    if share >= wanted:
        return attempt
    reason = f"{round(share * voters)} of {voters} models agree"
    return replace(attempt, agreed=False, verdict=Verdict(attempt.verdict.value, (*attempt.verdict.reasons, reason)))
