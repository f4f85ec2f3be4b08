"""People can see what was spent and what is in doubt, and settle what the provider's own books explain."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dreamc.runtime.accounts import main
from dreamc.runtime.ledger import Add, Doubt, Look, Reserve, Standing, open_ledger
from tests.runtime.policies import desk

DAY = "2026-11-20"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A ledger with a call in doubt and another in flight."""
    (tmp_path / "policy.json").write_text(json.dumps(desk()))
    address = str(tmp_path / "ledger.sqlite")
    ledger = open_ledger(address, "hybrid")
    calls = [Reserve(name, "openai", 5_000_000, DAY, "g", "s", f"{DAY}T10:00:00Z", ()) for name in ("lost", "flying")]
    ledger.apply([Add("openai", 1_250_000_000, DAY), *calls, Doubt("lost", "timeout")])
    ledger.close()
    return {"DREAM_POLICY": str(tmp_path / "policy.json"), "DREAM_LEDGER": address}


def test_the_report_says_what_was_spent_and_which_calls_are_in_doubt(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], environment) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[1].split() == [DAY, "openai", "1.250000", "0.005000", "0.005000", "1"]
    assert lines[2] == f"in doubt: lost  {DAY}T10:00:00Z  openai  at most 0.005000 USD: timeout"
    assert len(lines) == 3


def test_a_call_in_doubt_is_settled_at_what_the_provider_says(environment: dict[str, str]) -> None:
    assert main(["settle", "lost", "0.002"], environment) == 0

    (day,) = open_ledger(environment["DREAM_LEDGER"], "hybrid").days(DAY, DAY)
    assert (day.account.settled, day.account.doubt, day.account.held) == (1_252_000_000, 0, 5_000_000)


@pytest.mark.parametrize("arguments", [["settle", "flying", "1"], ["settle", "none", "1"], ["settle", "lost", "-1"]])
def test_a_call_in_flight_or_unknown_is_not_settled_by_hand(
    environment: dict[str, str], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, environment) == 1
    assert "is not in doubt" in capsys.readouterr().err


def test_the_day_of_the_ledger_can_be_put_back(environment: dict[str, str]) -> None:
    ledger = open_ledger(environment["DREAM_LEDGER"], "hybrid")
    ledger.apply([Add("openai", 1, "2099-01-01")])
    assert main(["today"], environment) == 0

    today = datetime.now(UTC).date().isoformat()
    (found,) = ledger.apply([Look(today, ())])
    assert found == Standing(today, ())


def test_a_wrong_use_and_a_missing_environment_are_said(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["spend"], environment) == 64
    assert "settle ID USD" in capsys.readouterr().err
    assert main([], {}) == 1
    assert "DREAM_LEDGER" in capsys.readouterr().err
    assert main(["settle", "lost", "much"], environment) == 1
