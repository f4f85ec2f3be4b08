"""On every hop, a deployment is called only if the decision admitted its member and the budget still allows it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.admission import objection
from dreamc.runtime.money import nano
from dreamc.runtime.stamp import Stamp
from dreamc.runtime.state import Gateway, open_gateway
from tests.runtime.policies import desk

STAMP = Stamp("code", None, "code", ("quality", "gpt"), None, "chain code")


@pytest.fixture
def opened(tmp_path: Path) -> Gateway:
    return gateway(tmp_path, desk())


def gateway(folder: Path, raw: dict[str, Any]) -> Gateway:
    (folder / "policy.json").write_text(json.dumps(raw))
    ledger = str(folder / "ledger.sqlite")
    return open_gateway({"DREAM_POLICY": str(folder / "policy.json"), "DREAM_MODE": "hybrid", "DREAM_LEDGER": ledger})


def spent(opened: Gateway, provider: str, usd: float) -> None:
    """Booked, and seen: reading waits for what was booked before."""
    opened.purse.add(provider, nano(usd))
    opened.purse.unsettled()


def test_admitted_members_may_be_called(opened: Gateway) -> None:
    assert objection(opened, STAMP, "quality@desk.0") is None
    assert objection(opened, STAMP, "gpt@openai.0") is None


def test_members_that_were_not_admitted_or_already_tried_may_not(opened: Gateway) -> None:
    assert objection(opened, STAMP, "claude@anthropic.0") == "claude may not answer this request"
    assert objection(opened, STAMP.without("quality"), "quality@desk.0") == "quality may not answer this request"


def test_a_budget_that_ran_out_since_the_decision_closes_the_cloud_only(opened: Gateway) -> None:
    spent(opened, "anthropic", 50)

    assert objection(opened, STAMP, "gpt@openai.0") == "the budget is used up"
    assert objection(opened, STAMP, "quality@desk.0") is None


def test_a_providers_own_budget_closes_that_provider_only(tmp_path: Path) -> None:
    raw = desk()
    raw["budget"]["providers"] = {"openai": {"daily_usd": 1, "monthly_usd": None}}
    opened = gateway(tmp_path, raw)
    spent(opened, "openai", 1)

    assert objection(opened, STAMP, "gpt@openai.0") == "the budget of openai is used up"
    assert objection(opened, replace(STAMP, members=("claude",)), "claude@anthropic.0") is None


def test_a_call_that_came_round_the_door_stays_local(opened: Gateway) -> None:
    assert objection(opened, None, "quality@desk.0") is None
    assert objection(opened, None, "gpt@openai.0") is not None


@pytest.mark.parametrize("deployment", ["", "None", "unknown@desk.0", "gpt", "@"])
def test_a_deployment_that_the_policy_does_not_know_may_not_be_called(opened: Gateway, deployment: str) -> None:
    assert objection(opened, STAMP, deployment) == "a deployment that the policy does not know"
