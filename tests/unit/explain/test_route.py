"""A route is explained with the policy that is deployed: reasons, order, prices, and what follows a failure."""

from __future__ import annotations

import pytest

from dreamc.explain import text
from dreamc.explain.route import Question, Route, explain
from dreamc.explain.types import Unknown
from tests.unit.explain.scenes import NAMES, result, scene


def routed(name: str, question: Question) -> Route:
    found = explain(scene(name), question)
    assert isinstance(found, Route)
    return found


def test_an_action_decides_and_its_line_is_shown() -> None:
    found = routed("daemon-tiers", Question("auto", action="edit_file", tokens=9000, budget_left=0))
    assert (found.tier, found.group, found.status) == ("local_quality", "tier:local_quality", 200)
    assert found.reasons == ("action edit_file",)
    assert any(one.text == "edit_file: local_quality" for one in found.origins)


def test_members_that_may_not_answer_say_why() -> None:
    found = routed("daemon-tiers", Question("auto", action="edit_file", tokens=9000, budget_left=0))
    barred = {hop.name: hop.barred for hop in found.hops}
    assert barred["codestral"] == ""
    assert "9000 tokens" in barred["phi3-mini"]
    assert barred["claude-sonnet"] == "the budget is used up"


def test_a_score_is_shown_with_its_factors() -> None:
    found = routed("daemon-tiers", Question(prompt="please refactor this", tokens=9000))
    assert found.alias == "auto"
    assert found.score == pytest.approx(sum(factor.weight for factor in found.factors))
    assert found.score == pytest.approx(0.709, abs=0.001)
    assert [factor.name for factor in found.factors] == ["asks for a redesign", "over 8,000 tokens", "length"]


def test_a_chain_says_who_comes_next_and_how_long_it_may_take() -> None:
    found = routed("hybrid-4070", Question("code"))
    assert [hop.name for hop in found.hops] == ["quality", "fast", "gemini", "claude"]
    assert found.hops[3].usd_per_mtok == (2.0, 10.0)
    assert "asks fast" in found.after[0]
    assert "120 s" in found.after[-1]


def test_a_whole_chain_without_anybody_left_is_a_refusal() -> None:
    found = routed("hybrid-4070", Question("code", mode="cloud", budget_left=0))
    assert found.status == 429
    assert all(hop.barred for hop in found.hops)
    assert "429" in text.route(found)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    assert explain(scene("hybrid-4070"), Question("autto")) == Unknown("clients cannot ask for 'autto'", ("auto",))


def test_a_mode_that_is_not_compiled_says_why() -> None:
    found = explain(scene("zero-cloud"), Question(mode="cloud"))
    assert isinstance(found, Unknown)
    assert "no cloud model answers" in found.what
    assert found.near == ("local",)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_in_every_mode_has_a_route_in_words(name: str) -> None:
    stack = scene(name).stack
    for mode in stack.modes:
        for alias in stack.aliases:
            found = routed(name, Question(alias, mode=mode.mode))
            assert text.route(found).startswith(f"{alias} in {mode.mode} mode")


@pytest.mark.parametrize("name", NAMES)
def test_it_agrees_with_the_tests_of_the_file(name: str) -> None:
    dream = result(name).dream
    assert dream is not None
    for test in dream.tests:
        left = float(test.budget_left.amount) if test.budget_left else None
        asked = Question(test.alias or "", test.ask, test.action, test.tokens, left, test.mode or "")
        found = routed(name, asked)
        assert test.expect.tier in (None, found.tier)
