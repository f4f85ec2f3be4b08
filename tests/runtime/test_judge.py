"""Who is asked in which order, and whose answer stands; without LiteLLM."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.runtime.answers import Answer
from dreamc.runtime.custom import Custom, Function
from dreamc.runtime.judge import Attempt, Case, Outcome, critique_score, settle
from dreamc.runtime.ladder import next_rung, peers, reserve
from dreamc.runtime.policy import Ask
from dreamc.runtime.quality import Question
from dreamc.runtime.stamp import Stamp
from dreamc.runtime.types import CHECKS, Consensus, Policy, Quality
from tests.runtime.policies import policy

EVERYONE = ("fast", "quality", "gemini", "gpt", "claude")
REFUSED = "I'm sorry, but I can't help with that."
RULES = Quality(threshold=0.7, max_attempts=3, self_critique=False, checks=CHECKS)
PLAIN = replace(policy(), quality=RULES)
STAMP = Stamp("auto", "local_fast", "tier:local_fast", ("fast", "quality"), None, "", (), EVERYONE, 3)


def attempt(member: str, text: str) -> Attempt:
    return Attempt(member, (Answer(text, finish="stop"),), text)


@dataclass
class Models:
    """`says` maps a member to its answer, None for one that fails; `asked` is (member, what for)."""

    says: dict[str, str | None]
    critiques: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, member: str, part: str, prompt: str | None) -> Attempt | None:
        self.asked.append((member, part))
        said = self.critiques.get(member, "") if prompt is not None else self.says.get(member)
        return None if said is None else attempt(member, said)


def judged(models: Models, rules: Policy = PLAIN, stamp: Stamp = STAMP, *functions: Function) -> Outcome:
    customs = tuple(Custom("own:check", function) for function in functions)
    first = attempt(stamp.members[0], models.says[stamp.members[0]] or "")
    return asyncio.run(settle(Case(rules, stamp, Question("What?"), customs, models), first))


def test_a_good_answer_stands_and_nobody_else_is_asked() -> None:
    models = Models({"fast": "fine"})

    assert judged(models).best.member == "fast"
    assert models.asked == []


def test_each_attempt_is_the_next_tier_not_the_next_member_of_the_same() -> None:
    models = Models(dict.fromkeys(EVERYONE, REFUSED))
    outcome = judged(models, stamp=replace(STAMP, attempts_allowed=10))

    assert models.asked == [("quality", "escalation"), ("gemini", "escalation"), ("gpt", "escalation")]
    assert [one.member for one in outcome.all] == ["fast", "quality", "gemini", "gpt"]


def test_within_a_tier_the_next_member_answers_where_one_fails() -> None:
    models = Models({"gemini": REFUSED, "gpt": None, "claude": "fine"})

    assert judged(models, stamp=replace(STAMP, members=("gemini",))).best.member == "claude"


def test_attempts_end_at_the_limit_and_the_best_answer_stands() -> None:
    models = Models({"fast": "I'm not sure. It is blue.", "quality": REFUSED, "gemini": REFUSED, "gpt": "fine"})
    strict = replace(PLAIN, quality=replace(RULES, threshold=0.9))

    assert judged(models, strict).best.member == "fast"
    assert len(models.asked) == 2


def test_of_equally_poor_answers_that_of_the_highest_tier_stands() -> None:
    assert judged(Models(dict.fromkeys(EVERYONE, REFUSED))).best.member == "gemini"


def test_with_nobody_left_the_first_answer_stands() -> None:
    assert judged(Models({"fast": REFUSED}), stamp=replace(STAMP, reserve=("fast",))).best.member == "fast"


def test_a_check_of_ones_own_lowers_the_score_and_says_so() -> None:
    outcome = judged(Models({"fast": "rude", "quality": "fine"}), PLAIN, STAMP, lambda answer, *_: "rude" not in answer)

    assert outcome.best.member == "quality"
    assert outcome.all[0].verdict.reasons == ("own:check says 0",)


@pytest.mark.parametrize("result", [None, "good", float("nan")])
def test_a_check_that_says_nothing_sensible_has_no_opinion(result: Any) -> None:
    assert judged(Models({"fast": "fine"}), PLAIN, STAMP, lambda *_: result).best.member == "fast"


CRITICAL = replace(PLAIN, quality=replace(RULES, self_critique=True))


def test_a_model_that_finds_its_own_answer_poor_is_overruled() -> None:
    models = Models({"fast": "a", "quality": "b"}, {"fast": '{"score": 0.3}', "quality": '{"score": 0.9}'})

    assert judged(models, CRITICAL).best.member == "quality"
    assert models.asked == [("fast", "critique"), ("quality", "escalation"), ("quality", "critique")]


def test_an_answer_that_the_rules_reject_is_not_criticised_as_well() -> None:
    models = Models({"fast": REFUSED, "quality": "fine"}, {"quality": "what?"})

    judged(models, CRITICAL)
    assert ("fast", "critique") not in models.asked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"score": 0.4}', 0.4),
        ('Well. {"score": 1, "why": "good"} Done.', 1.0),
        ('first {"score": 0.1} then {"score": 0.8}', 0.8),
        ("0.4", None),
        ('{"score": 7}', None),
        ('{"score": true}', None),
        ('{"score": NaN}', None),
        ("{" * 50_000, None),
        ("", None),
    ],
)
def test_a_critique_is_read_or_has_no_opinion(text: str, value: float | None) -> None:
    assert critique_score(text) == value


AGREEING = replace(PLAIN, quality=replace(RULES, agreement=True))


def test_a_second_model_that_says_the_same_lets_the_answer_stand() -> None:
    models = Models({"quality": "Paris", "fast": "paris."})

    assert judged(models, AGREEING, replace(STAMP, members=("quality",))).best.member == "quality"
    assert models.asked == [("fast", "agreement")]


def test_a_second_model_that_says_something_else_escalates() -> None:
    models = Models({"quality": "Paris", "fast": "Berlin", "gemini": "Rome"})

    assert judged(models, AGREEING, replace(STAMP, members=("quality",))).best.member == "gemini"


def test_nobody_is_paid_for_an_opinion_on_a_free_answer() -> None:
    assert peers(PLAIN, EVERYONE, "fast") == ()
    assert peers(PLAIN, EVERYONE, "quality") == ("fast",)
    assert peers(PLAIN, EVERYONE, "gpt") == ("quality", "fast", "claude", "gemini")


VOTING = replace(PLAIN, consensus=Consensus(("vote",), 3, 0.66))
VOTE = replace(STAMP, models=3)


def test_the_answer_that_most_models_give_stands() -> None:
    models = Models({"fast": "Berlin", "quality": "Paris", "gemini": "Paris"})

    assert judged(models, VOTING, VOTE).best.member == "quality"
    assert sorted(models.asked) == [("gemini", "consensus"), ("quality", "consensus")]


def test_without_a_majority_the_next_tier_decides() -> None:
    models = Models({"fast": "Berlin", "quality": "Paris", "gemini": "Rome", "gpt": "Oslo"})

    assert judged(models, VOTING, VOTE).best.member == "gpt"


def test_consensus_needs_no_other_checks() -> None:
    models = Models({"fast": "Berlin", "quality": "Paris", "gemini": "Rome", "gpt": "Oslo"})

    assert judged(models, replace(VOTING, quality=None), VOTE).best.member == "gpt"


def test_an_answer_that_nobody_else_could_give_stands_by_its_rules() -> None:
    assert judged(Models({"fast": "Berlin"}), VOTING, VOTE).best.member == "fast"


@given(st.lists(st.sampled_from(("fine", REFUSED, None)), min_size=5, max_size=5), st.integers(1, 10))
def test_no_member_is_asked_twice_and_the_best_is_never_worse_than_the_first(said: list[Any], allowed: int) -> None:
    models = Models({**dict(zip(EVERYONE, said, strict=True)), "fast": said[0] or "fine"})
    outcome = judged(models, PLAIN, replace(STAMP, attempts_allowed=allowed))

    assert len(models.asked) == len(set(models.asked))
    assert outcome.best.verdict.value >= outcome.all[0].verdict.value
    assert 1 <= len(outcome.all) <= allowed


def test_escalation_knows_whitelist_budget_and_wishes() -> None:
    assert reserve(PLAIN, "hybrid", Ask("auto", "x")) == EVERYONE
    assert reserve(PLAIN, "hybrid", Ask("auto", "x", action="simple_completion")) == ("fast", "quality")
    assert reserve(PLAIN, "hybrid", Ask("auto", "x", budget_left_usd=3.0)) == ("fast", "quality", "gemini")
    assert reserve(PLAIN, "hybrid", Ask("auto", "x", force_local=True)) == ("fast", "quality")
    assert reserve(PLAIN, "local", Ask("auto", "x")) == ("fast", "quality")


def test_a_chain_climbs_in_its_own_order_and_never_down() -> None:
    assert next_rung(PLAIN, ("quality", "fast", "gemini", "claude"), ("quality",)) == ("gemini",)
    assert next_rung(PLAIN, ("claude", "quality"), ("claude",)) == ()
