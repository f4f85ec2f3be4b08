"""A gateway opens from its environment, and is careful with the cloud when its ledger fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dreamc.runtime.money import nano
from dreamc.runtime.reading import PolicyError
from dreamc.runtime.state import open_gateway
from tests.runtime.policies import desk


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(desk()))
    return {"DREAM_POLICY": str(file), "DREAM_MODE": "hybrid", "DREAM_LEDGER": str(tmp_path / "ledger.sqlite")}


def test_a_gateway_opens_with_its_budget_untouched(environment: dict[str, str]) -> None:
    opened = open_gateway(environment)

    assert opened.budget_left_usd() == 50
    assert not opened.cloud_closed()


def test_what_is_booked_is_no_longer_left(environment: dict[str, str]) -> None:
    opened = open_gateway(environment)
    opened.purse.add("openai", nano(50))
    opened.purse.unsettled()

    assert opened.cloud_closed() == "the budget is used up"
    assert open_gateway(environment).cloud_closed() == "the budget is used up"


def test_a_broken_ledger_closes_the_cloud_and_raises_nothing(environment: dict[str, str]) -> None:
    Path(environment["DREAM_LEDGER"]).write_text("no database " * 100)
    opened = open_gateway(environment)
    opened.purse.add("openai", 1)

    assert opened.cloud_closed() == "the ledger cannot be reached, so the cloud is closed"


def test_a_member_that_the_rest_of_the_budget_cannot_pay_is_said_before_it_is_asked(
    environment: dict[str, str],
) -> None:
    opened = open_gateway(environment)
    opened.purse.add("openai", nano(49))
    opened.purse.unsettled()
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 60_000}

    assert [name for name, _ in opened.unpaid(opened.clouds("auto"), body)] == []
    assert [name for name, _ in opened.unpaid(opened.clouds("auto"), {**body, "max_tokens": 100_000})] == ["claude"]
    del body["max_tokens"]  # then the gateway sets one, and the model's longest answer cannot come
    assert [name for name, _ in opened.unpaid(opened.clouds("auto"), body)] == []
    assert opened.unpaid(opened.clouds("none of ours"), body) == ()


def test_a_policy_that_wants_litellms_scorer_needs_a_litellm_that_has_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(environment["DREAM_POLICY"]).write_text(json.dumps({**desk(), "scorer": "litellm"}))
    monkeypatch.setitem(sys.modules, "litellm.router_strategy.complexity_router.complexity_router", None)

    with pytest.raises(PolicyError, match=r"policy\.json \$?\.?scorer: LiteLLM's scorer is not to be had"):
        open_gateway(environment)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DREAM_LEDGER": "mysql://box/x"}, "mysql:// is no ledger"),
        ({"DREAM_ALERT_WEBHOOK": "file:///etc/passwd"}, "expected https"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(
    environment: dict[str, str], variables: dict[str, str], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        open_gateway(environment | variables)


@pytest.mark.parametrize("name", ["DREAM_POLICY", "DREAM_MODE", "DREAM_LEDGER"])
def test_a_missing_variable_is_named(environment: dict[str, str], name: str) -> None:
    del environment[name]

    with pytest.raises(PolicyError, match=name):
        open_gateway(environment)


def test_a_poisoned_policy_is_refused_with_file_and_place(environment: dict[str, str]) -> None:
    raw = desk()
    raw["actions"]["x"] = "y"
    Path(environment["DREAM_POLICY"]).write_text(json.dumps(raw))

    with pytest.raises(PolicyError, match=r"policy\.json \$\.actions\.x: 'y' is not a tier"):
        open_gateway(environment)


def test_an_unknown_mode_and_an_unreadable_file_are_refused(environment: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="'moon' is not a mode"):
        open_gateway({**environment, "DREAM_MODE": "moon"})
    with pytest.raises(PolicyError, match="No such file"):
        open_gateway({**environment, "DREAM_POLICY": str(tmp_path / "none.json")})


def test_the_member_behind_a_deployment_is_read_from_its_id(environment: dict[str, str]) -> None:
    opened = open_gateway(environment)

    assert opened.member_of("qwen2.5-coder:7b@desk.0") == "qwen2.5-coder:7b"
    assert opened.member_of("None") == ""


@pytest.mark.parametrize(("address", "package"), [("redis://r", "redis"), ("postgresql://p", "psycopg")])
def test_a_client_that_is_not_installed_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, package: str
) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(desk()))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(PolicyError, match=f"DREAM_LEDGER: a ledger in .* needs the Python package {package}, which"):
        open_gateway({"DREAM_POLICY": str(tmp_path / "policy.json"), "DREAM_MODE": "hybrid", "DREAM_LEDGER": address})
