"""LiteLLM's scorer as the gateway uses it: its own class, clipped, and never shown a prompt that would stall it."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dreamc.runtime.complexity import Factor
from dreamc.runtime.foreign_score import _MODULE, READ, excerpt, scorer
from dreamc.runtime.policy import Ask, Decision, decide, unscored
from dreamc.runtime.reading import PolicyError
from tests.runtime.policies import desk, policy


class Classes:
    """Stands in for LiteLLM's class: its scores by prompt."""

    def __init__(self, name: str, router: object) -> None:
        self.seen: list[str] = []

    def classify(self, prompt: str) -> tuple[str, float, list[str]]:
        self.seen.append(prompt)
        if prompt == "broken":
            raise TypeError("no such keyword")
        return "SIMPLE", {"low": -0.15, "high": 1.25}.get(prompt, 0.325), []


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, _MODULE, SimpleNamespace(ComplexityRouter=Classes))


@pytest.mark.usefixtures("stand_in")
def test_the_weighted_score_is_clipped_to_0_and_1() -> None:
    score = scorer()

    assert [score(prompt) for prompt in ("low", "else", "high")] == [0, 0.325, 1]


@pytest.mark.usefixtures("stand_in")
def test_a_prompt_that_cannot_be_scored_costs_nobody_an_answer_and_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    score = scorer()

    with caplog.at_level(logging.ERROR):
        assert [score("broken"), score("broken"), score("low")] == [None, None, 0]
    assert [record.getMessage() for record in caplog.records] == [
        "LiteLLM could not score a prompt, dream's own score decides: no such keyword"
    ]


@pytest.mark.parametrize("module", [None, SimpleNamespace(), SimpleNamespace(ComplexityRouter=lambda *_: object())])
def test_a_litellm_without_the_scorer_stops_the_gateway(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    monkeypatch.setitem(sys.modules, _MODULE, module)

    with pytest.raises(PolicyError, match=r"LiteLLM's scorer is not to be had .* `scorer: dream` needs none"):
        scorer()


def test_a_long_prompt_is_shown_by_its_two_ends() -> None:
    prompt = "first " * 20_000 + "prove it?"

    shown = excerpt(prompt)
    assert len(shown) == 2 * READ + 1
    assert (shown[:READ], shown[-READ:]) == (prompt[:READ], prompt[-READ:])
    assert excerpt("short") == "short"


@pytest.mark.slow
@pytest.mark.parametrize("characters", [59, 60, 1_603, 1_604, 2_000, 2_001, 9_000])
def test_an_excerpt_has_the_length_score_of_the_whole(characters: int) -> None:
    router = pytest.importorskip(_MODULE).ComplexityRouter("dream", None)
    prompt = "w" * characters

    assert router.classify(excerpt(prompt))[1] == router.classify(prompt)[1]


def rules() -> Any:
    raw = desk()
    raw["scorer"] = "litellm"
    return policy(raw)


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (Ask("auto", "hi"), True),
        (Ask("auto", "hi", action="chat"), True),
        (Ask("auto", "hi", score=0.0), False),
        (Ask("auto", "hi", action="code_review"), False),
        (Ask("code", "hi"), False),
        (Ask("nobody", "hi"), False),
    ],
)
def test_only_a_routed_request_without_an_action_of_a_tier_is_scored(ask: Ask, wanted: bool) -> None:
    assert unscored(rules(), "hybrid", ask) is wanted
    assert not unscored(policy(), "hybrid", ask)


def test_the_reason_names_who_scored() -> None:
    found = decide(rules(), "hybrid", Ask("auto", "redesign it", score=0.35))

    assert isinstance(found, Decision)
    assert found.reasons == ("score 0.35 (LiteLLM's score)",)
    assert found.score is not None
    assert found.score.factors == (Factor("LiteLLM's score", 0.35),)
    assert found.tier == "local_quality"
