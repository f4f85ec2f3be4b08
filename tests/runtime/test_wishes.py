"""What a client may wish about the checks, and whom the stand-in's instruction reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.asks import BadAsk
from dreamc.runtime.custom import load_checks
from dreamc.runtime.policy import Ask, Decision, decide
from dreamc.runtime.reading import PolicyError
from dreamc.runtime.thinking import think
from dreamc.runtime.types import CHECKS, Consensus, Quality
from dreamc.runtime.wishes import Checking, Wishes, checking, wishes
from tests.runtime.policies import policy

POLICY = replace(policy(), quality=Quality(0.7, 2, False, CHECKS), consensus=Consensus(("vote",), 3, 0.66))
HINT = "Step by step."
USER = {"role": "user", "content": "hi"}


def test_a_header_wins_over_the_metadata() -> None:
    body = {"metadata": {"quality_check": True, "max_attempts": 3}}

    assert wishes(body, {}) == Wishes(True, 3)
    assert wishes(body, {"x-dream-quality": "off", "x-dream-max-attempts": "1"}) == Wishes(False, 1)
    assert wishes({}, {}) == Wishes()


@pytest.mark.parametrize("attempts", ["0", "11", "-1", "two", "1.5", "９", True, 10**9])
def test_a_number_of_attempts_that_makes_no_sense_is_refused(attempts: Any) -> None:
    with pytest.raises(BadAsk):
        wishes({"metadata": {"max_attempts": attempts}}, {})


def test_routed_requests_are_checked_and_chains_only_where_their_client_says_so() -> None:
    assert checking(POLICY, "hybrid", Ask("auto", "x"), Wishes()).attempts == 2
    assert checking(POLICY, "hybrid", Ask("auto", "x"), Wishes(check=False)) == Checking()
    assert checking(POLICY, "hybrid", Ask("code", "x"), Wishes()) == Checking()
    asked = checking(POLICY, "hybrid", Ask("code", "x"), Wishes(check=True, attempts=4))
    assert (asked.attempts, asked.reserve) == (2, ("quality", "fast", "gemini", "claude"))


def test_consensus_is_for_its_actions_and_needs_no_quality() -> None:
    bare = replace(POLICY, quality=None)

    assert checking(POLICY, "hybrid", Ask("auto", "x", action="vote"), Wishes()).models == 3
    assert checking(POLICY, "hybrid", Ask("auto", "x", action="edit"), Wishes()).models == 0
    assert checking(bare, "hybrid", Ask("auto", "x", action="vote"), Wishes()).attempts == 2
    assert checking(bare, "hybrid", Ask("auto", "x"), Wishes()) == Checking()


@pytest.mark.parametrize(
    ("ask", "stands_in"),
    [
        (Ask("auto", "x", action="architecture_design"), False),
        (Ask("auto", "x", action="architecture_design", budget_left_usd=2.0), True),
        (Ask("auto", "x", action="architecture_design", budget_left_usd=0.0), True),
        (Ask("auto", "x", action="architecture_design", force_local=True), False),
        (Ask("auto", "x", action="inline_completion", budget_left_usd=0.0), False),
    ],
)
def test_a_local_model_stands_in_where_a_cloud_was_wanted_and_forbidden(ask: Ask, stands_in: bool) -> None:
    decision = decide(POLICY, "hybrid", ask)

    assert isinstance(decision, Decision)
    assert decision.stands_in is stands_in


def test_the_hint_is_the_system_message_or_its_end() -> None:
    alone: dict[str, Any] = {"messages": [USER]}
    think(alone, HINT)
    assert alone["messages"] == [{"role": "system", "content": HINT}, USER]
    led: dict[str, Any] = {"messages": [{"role": "system", "content": "Be brief."}, USER]}
    think(led, HINT)
    assert led["messages"] == [{"role": "system", "content": f"Be brief.\n\n{HINT}"}, USER]
    parts: dict[str, Any] = {"messages": [{"role": "system", "content": [{"type": "text", "text": "a"}]}]}
    think(parts, HINT)
    assert parts["messages"][0]["content"][1] == {"type": "text", "text": HINT}


def test_the_hint_reaches_other_kinds_of_requests() -> None:
    anthropic: dict[str, Any] = {"system": "Be brief.", "messages": [USER]}
    think(anthropic, HINT)
    assert anthropic == {"system": f"Be brief.\n\n{HINT}", "messages": [USER]}
    response: dict[str, Any] = {"input": "hi"}
    think(response, HINT)
    assert response["instructions"] == HINT


@pytest.mark.parametrize("form", [{"tools": [{}]}, {"response_format": {"type": "json_object"}}, {"functions": [{}]}])
def test_the_hint_never_spoils_a_form_that_was_asked_for(form: dict[str, Any]) -> None:
    body = {"messages": [USER], **form}
    think(body, HINT)
    assert body["messages"] == [USER]


def test_what_the_client_sent_is_not_changed_in_place() -> None:
    sent = [{"role": "system", "content": "Be brief."}]
    think({"messages": sent}, HINT)
    assert sent == [{"role": "system", "content": "Be brief."}]


def test_checks_of_ones_own_are_imported_and_named_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_for_the_test.py").write_text("def good(answer, action, prompt): return True\nnumber = 3\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert [one.path for one in load_checks(("not_empty", "mine_for_the_test:good"))] == ["mine_for_the_test:good"]
    for broken in ("mine_for_the_test:bad", "mine_for_the_test:number", "no_such_module_here:f"):
        with pytest.raises(PolicyError, match=r"quality.checks\[1\]: "):
            load_checks(("not_empty", broken))
