"""How good an answer looks: a score in [0, 1] by rules alone, and its reasons. Pure.

Rules find faults of form and say nothing about whether an answer is right: on 1,307 answers of Mixtral-8x7B to GSM8K
(lm-sys/RouteLLM) this score has an AUROC of .50. So a fault of form costs nearly everything, a weak sign next to
nothing, and length alone nothing. Whether an answer is right, only other models or checks of one's own can say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .answers import Answer, wants_json
from .asks import texts
from .forms import broken_code, json_of, misfit, open_fence, wants_code
from .phrases import HEDGES, REFUSALS, plain, says

COST: Mapping[str, float] = MappingProxyType(
    {
        "not_empty": 1.0,
        "not_refused": 0.8,
        "valid_json": 1.0,
        "parses_as_code": 0.8,
        "complete": 0.6,
        "not_repetitive": 0.8,
        "not_hedging": 0.15,
    }
)
"""What failing a check takes from the score. Faults of form leave at most .4, which is below any sensible threshold."""

REFUSAL_LENGTH, REFUSAL_START = 600, 120
"""Characters: a refusal is said at the beginning of a short answer; a long one that begins alike goes on to help."""
HEDGE_START = 400
LOOPS, LOOP_WORDS, LONGEST_PERIOD = 6, 30, 40
"""A loop: the last words, at least LOOP_WORDS of them, are one passage LOOPS times over."""
SAME_LINES, LINE_LENGTH = 4, 20
"""Repetition: so many lines of at least that length follow each other and are the same."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the checks must know of a request. `schema` is that of a JSON answer; `limited` says that the caller set the
    length of the answer."""

    prompt: str
    action: str | None = None
    json: bool = False
    schema: Mapping[str, object] | None = None
    code: bool = False
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`value` is 1 for an answer without a fault, and at least 0."""

    value: float
    reasons: tuple[str, ...] = ()

    def lowered(self, value: float, reason: str) -> Verdict:
        """This verdict, but at most `value`; the reason is kept where it lowers anything."""
        return self if value >= self.value else Verdict(max(value, 0.0), (*self.reasons, reason))


FAULTLESS = Verdict(1.0)


def question(body: Mapping[str, object], action: str | None) -> Question:
    """The question of an OpenAI chat request."""
    prompt, _ = texts(body)
    return Question(
        prompt=prompt,
        action=action,
        json=wants_json(body),
        schema=_schema(body),
        code=not wants_json(body) and wants_code(prompt, action),
        limited=any(body.get(name) for name in ("max_tokens", "max_completion_tokens")),
    )


def score(asked: Question, answers: tuple[Answer, ...], checks: tuple[str, ...]) -> Verdict:
    """The worst of the choices, by the checks that are named. Without a choice there is no answer."""
    verdicts = tuple(_one(asked, each, checks) for each in answers) or (_one(asked, Answer(""), checks),)
    return min(verdicts, key=lambda verdict: verdict.value)


def _one(asked: Question, answer: Answer, checks: tuple[str, ...]) -> Verdict:
    faults = tuple((name, why) for name, why in _faults(asked, answer) if name in checks)
    cost = {name: COST[name] for name, _ in faults}
    return Verdict(round(max(1.0 - sum(cost.values()), 0.0), 6), tuple(why for _, why in faults))


def _faults(asked: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    """(check, what is wrong) for every check that fails."""
    text = answer.text.strip()
    if not text and not answer.tool_arguments:
        yield "not_empty", "empty"
        return
    if answer.finish == "length" and not asked.limited:
        yield "complete", "cut off"
    yield from _json_faults(asked, answer)
    if answer.tool_arguments or asked.json:
        return
    if asked.code and (why := broken_code(text)):
        yield "parses_as_code", why
    elif open_fence(text) and answer.finish != "length":
        yield "complete", "a block of code is never closed"
    yield from _said(text)


def _said(text: str) -> Iterator[tuple[str, str]]:
    start = plain(text[: 2 * HEDGE_START])
    if len(text) <= REFUSAL_LENGTH and says(REFUSALS, start[:REFUSAL_START]):
        yield "not_refused", "refused"
    elif says(HEDGES, start[:HEDGE_START]):
        yield "not_hedging", "hedges"
    if repeats(text):
        yield "not_repetitive", "repeats itself"


def repeats(text: str) -> bool:
    """Whether a text ends in a loop, or has the same long line several times in a row."""
    lines = text.splitlines()
    for n in range(len(lines) - SAME_LINES + 1):
        line = lines[n].strip()
        if len(line) >= LINE_LENGTH and all(other.strip() == line for other in lines[n + 1 : n + SAME_LINES]):
            return True
    words = text[-4_000:].split()
    return any(_loops(words, period) for period in range(1, LONGEST_PERIOD + 1))


def _loops(words: list[str], period: int) -> bool:
    length = max(LOOPS * period, LOOP_WORDS)
    tail = words[-length:]
    return len(tail) == length and tail[period:] == tail[:-period]


def _json_faults(asked: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    for arguments in answer.tool_arguments:
        if arguments and not isinstance(_value(arguments), dict):
            yield "valid_json", "tool call with arguments that are no JSON object"
            return
    if not asked.json or answer.tool_arguments:
        return
    value = _value(answer.text)
    if value is _NONE:
        yield "valid_json", "not the JSON that was asked for"
    elif asked.schema is not None and (why := misfit(value, asked.schema)):
        yield "valid_json", f"JSON that does not fit its schema: {why}"


_NONE = object()


def _value(text: str) -> object:
    try:
        return json_of(text)
    except ValueError:
        return _NONE


def _schema(body: Mapping[str, object]) -> Mapping[str, object] | None:
    wanted = body.get("response_format")
    named = wanted.get("json_schema") if isinstance(wanted, Mapping) else None
    found = named.get("schema") if isinstance(named, Mapping) else None
    return found if isinstance(found, Mapping) else None
