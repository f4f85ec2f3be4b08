"""On every hop, a deployment is called only if the decision admitted its member and the budget still allows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.runtime.admission import objection
from dreamc.runtime.stamp import Stamp
from dreamc.runtime.state import Gateway, open_gateway
from tests.runtime.policies import desk

STAMP = Stamp("code", None, "code", ("quality", "gpt"), None, "chain code")


@pytest.fixture
def opened(tmp_path: Path) -> Gateway:
    (tmp_path / "policy.json").write_text(json.dumps(desk()))
    ledger = str(tmp_path / "ledger.sqlite")
    return open_gateway({"DREAM_POLICY": str(tmp_path / "policy.json"), "DREAM_MODE": "hybrid", "DREAM_LEDGER": ledger})


def test_admitted_members_may_be_called(opened: Gateway) -> None:
    assert objection(opened, STAMP, "quality@desk.0") is None
    assert objection(opened, STAMP, "gpt@openai.0") is None


def test_members_that_were_not_admitted_or_already_tried_may_not(opened: Gateway) -> None:
    assert objection(opened, STAMP, "claude@anthropic.0") == "claude may not answer this request"
    assert objection(opened, STAMP.without("quality"), "quality@desk.0") == "quality may not answer this request"


def test_a_budget_that_ran_out_since_the_decision_closes_the_cloud_only(opened: Gateway) -> None:
    opened.book(50)

    assert objection(opened, STAMP, "gpt@openai.0") == "the budget is used up"
    assert objection(opened, STAMP, "quality@desk.0") is None


def test_a_call_that_came_round_the_door_stays_local(opened: Gateway) -> None:
    assert objection(opened, None, "quality@desk.0") is None
    assert objection(opened, None, "gpt@openai.0") is not None


@pytest.mark.parametrize("deployment", ["", "None", "unknown@desk.0", "gpt", "@"])
def test_a_deployment_that_the_policy_does_not_know_may_not_be_called(opened: Gateway, deployment: str) -> None:
    assert objection(opened, STAMP, deployment) == "a deployment that the policy does not know"
