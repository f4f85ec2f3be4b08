"""`dreamc route`: against a server that answers like a gateway, and dry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.verbs import EXAMPLES, example, run
from tests.unit.client.test_router import Fake, serving

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setenv("DREAM_GATEWAY_KEY", "sk-test")
    with serving() as found:
        yield found


def test_the_answer_is_printed_with_tier_model_cost_and_latency(capsys: Capture, fake: Fake) -> None:
    said = run(capsys, "route", "Extract topic", "--action", "classify_memory", "--gateway", fake.url)

    assert said.code == 0
    assert said.out.startswith("=== Response ===\nauth-bug-fix\n\n=== Routing ===\nTier: local_fast\nModel: fast\n")
    assert "Cost: $0.000120\nLatency: " in said.out
    assert "Reason: action classify_memory\nAttempts: 2\nQuality: 0.92" in said.out
    assert fake.bodies[0]["metadata"] == {"action_type": "classify_memory"}


def test_json_is_for_programs(capsys: Capture, fake: Fake) -> None:
    said = run(capsys, "route", "hi", "--gateway", fake.url, "--json", "--quality-check", "--max-tokens", "9")

    found = json.loads(said.out)
    assert (found["response"], found["tier"], found["cost"]) == ("auth-bug-fix", "local_fast", 0.00012)
    assert (fake.bodies[0]["metadata"], fake.bodies[0]["max_tokens"]) == ({"quality_check": True}, 9)


def test_a_refusal_is_an_error_with_its_reason(capsys: Capture, fake: Fake) -> None:
    fake.status = 429

    said = run(capsys, "route", "hi", "--gateway", fake.url)

    assert (said.code, said.out) == (1, "")
    assert "the gateway answered 429: the budget is used up" in said.err


def test_an_address_that_is_none_is_wrong_usage(capsys: Capture) -> None:
    assert run(capsys, "route", "hi", "--gateway", "localhost").code == 64


def test_dry_decides_with_the_file_and_asks_nobody(capsys: Capture, fake: Fake) -> None:
    said = run(capsys, "route", "redesign it", *example("hybrid-4070"), "--dry", "--gateway", fake.url)

    assert said.code == 0
    assert said.out.startswith("auto in hybrid mode: tier local_quality, group tier:local_quality\n")
    assert "asks for a redesign" in said.out
    assert not fake.bodies


def test_dry_knows_action_mode_and_budget(capsys: Capture) -> None:
    asked = ("route", "x", *example("hybrid-4070"), "--dry", "--action", "architecture_design", "--json")

    assert json.loads(run(capsys, *asked).out)["tier"] == "api_premium"
    assert json.loads(run(capsys, *asked, "--budget-left", "0").out)["tier"] == "local_quality"


def test_dry_says_of_an_unknown_name_what_there_is(capsys: Capture) -> None:
    said = run(capsys, "route", "x", *example("hybrid-4070"), "--dry", "--alias", "cod")

    assert said.code == 1
    assert "did you mean code" in said.err


def test_dry_knows_where_it_may_go_and_what_it_may_cost(capsys: Capture) -> None:
    asked = ("route", "x", *example("hybrid-4070"), "--dry", "--action", "architecture_design", "--json")

    assert json.loads(run(capsys, *asked, "--force", "local").out)["tier"] == "local_quality"
    cheap = json.loads(run(capsys, *asked, "--max-cost", "0.000001 USD").out)
    assert cheap["tier"] == "local_quality"
    assert any("may cost more than the 1e-06 USD asked for" in reason for reason in cheap["reasons"])
    refused = run(capsys, *asked, "--force", "cloud", "--max-cost", "0.000001")
    assert (refused.code, json.loads(refused.out)["status"]) == (1, 403)


def test_an_amount_that_is_none_names_its_option(capsys: Capture) -> None:
    said = run(capsys, "route", "x", *example("hybrid-4070"), "--dry", "--max-cost", "much")

    assert said.code == 64
    assert "--max-cost" in said.err


def test_what_a_request_may_do_is_also_told_to_a_running_gateway(capsys: Capture, fake: Fake) -> None:
    run(capsys, "route", "hi", "--gateway", fake.url, "--force", "cloud", "--max-cost", "0.5")

    assert fake.bodies[0]["metadata"] == {"force_cloud": True, "max_cost_usd": 0.5}


@pytest.fixture
def scored_by_litellm(tmp_path: Path) -> tuple[str, str]:
    text = (EXAMPLES / "hybrid-4070" / "dream.yaml").read_text()
    file = tmp_path / "dream.yaml"
    file.write_text(text.replace("\nrouting:\n", "\nrouting:\n  scorer: litellm\n"))
    return ("-f", str(file))


@pytest.mark.parametrize("verb", [("route", "prove it", "--dry"), ("explain", "route", "auto", "--prompt", "prove it")])
def test_a_score_that_only_the_gateway_knows_is_asked_for(
    capsys: Capture, scored_by_litellm: tuple[str, str], verb: tuple[str, ...]
) -> None:
    said = run(capsys, *verb, *scored_by_litellm)

    assert (said.code, said.out) == (1, "")
    assert "LiteLLM's scorer decides this request" in said.err
    assert "--score" in said.err
    given = run(capsys, *verb, *scored_by_litellm, "--score", "0.35")
    assert "because     score 0.35 (LiteLLM's score)" in given.out
    assert "tier local_quality" in given.out
    assert run(capsys, *verb, *scored_by_litellm, "--action", "inline_completion").code == 0
