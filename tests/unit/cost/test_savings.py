"""Savings are those of /stats, and prices of the file cost a call what the ledger would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dreamc.backends.policy import policy as policy_value
from dreamc.compiler import Request, resolve
from dreamc.cost.report import report
from dreamc.cost.savings import at_prices_of, savings
from dreamc.cost.simulate import reference
from dreamc.cost.usage_log import Line, lines
from dreamc.document.write import json_text
from dreamc.runtime import stats
from dreamc.runtime.contract import load
from dreamc.runtime.money import Usage, cost
from dreamc.runtime.tally import Tally
from dreamc.runtime.types import Policy
from dreamc.stack.types import Stack
from tests.runtime.month import rows as month_rows
from tests.unit.cost.logs import row, write

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = sorted(one.name for one in EXAMPLES.iterdir() if (one / "dream.yaml").exists())


def stack_of(file: Path) -> Stack:
    found = resolve(Request(file, None, {}, date(2026, 11, 20))).stack
    assert found is not None
    return found


def policy_of(stack: Stack) -> Policy:
    return load(json_text(policy_value(stack)))


@pytest.fixture(scope="module")
def stack() -> Stack:
    return stack_of(EXAMPLES / "hybrid-4070" / "dream.yaml")


def made(**facts: Any) -> Line:
    return msgspec.convert(row(**facts), Line)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_is_the_one_of_stats(name: str) -> None:
    rules = policy_of(stack_of(EXAMPLES / name / "dream.yaml"))
    theirs = stats.reference(rules)
    assert reference(rules) == (theirs.member if theirs is not None else None)


def test_savings_of_a_month_are_those_of_stats(stack: Stack, tmp_path: Path) -> None:
    log = write(tmp_path / "usage.jsonl", month_rows(date(2026, 11, 20), days=20))
    tally = Tally(tmp_path / "tally.sqlite", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    tally.catch_up(log)
    theirs = stats.savings(policy_of(stack), tally.lines("2026-11-01", "2026-11-20"))
    ours = savings(report(lines([log])).total, reference(policy_of(stack)))

    assert ours is not None
    assert theirs is not None
    assert (ours.nano_usd / 1e9, ours.share) == (theirs["usd"], theirs["share"])
    assert (ours.nano_pure / 1e9, ours.nano_paid / 1e9) == (theirs["pure_api_usd"], theirs["paid_usd"])
    assert ours.reference.name == theirs["reference_model"]


def test_without_a_reference_there_are_no_savings() -> None:
    assert savings(report([made()]).total, None) is None


def test_without_answers_there_is_no_share(stack: Stack) -> None:
    found = savings(report([made(served="", usd=1.0)]).total, reference(policy_of(stack)))
    assert found is not None
    assert (found.share, found.nano_usd) == (None, -1_000_000_000)


@pytest.mark.parametrize(
    "tokens", [(0, 0), (1, 0), (0, 1), (7, 3), (150_001, 9), (272_000, 5), (272_001, 5), (1_234_567, 89_012)]
)
def test_prices_of_the_file_cost_what_the_ledger_would_book(stack: Stack, tokens: tuple[int, int]) -> None:
    costs = at_prices_of(stack)
    policy = policy_of(stack)
    for model in stack.clouds:
        price = policy.members[model.name].price
        assert price is not None
        line = made(member=model.name, prompt_tokens=tokens[0], completion_tokens=tokens[1], usd=99.0)
        assert costs(line) == cost(price, Usage(*tokens))


def test_what_the_file_does_not_price_costs_what_was_booked(stack: Stack) -> None:
    costs = at_prices_of(stack)
    assert costs(made(member="gone", usd=0.25)) == 250_000_000
    assert costs(made(member="quality", usd=0.0)) == 0
    assert costs(made(usd=0.0, served="cache")) == 0
