"""Money is reserved before it is spent and settled exactly, by calendar day, in SQLite, Redis and PostgreSQL alike."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dreamc.runtime.ledger import (
    Account,
    Add,
    Adopt,
    Claim,
    Doubt,
    Ledger,
    LedgerError,
    Limit,
    Look,
    Reserve,
    Settle,
    Standing,
    day_of,
    limits,
    open_ledger,
)
from dreamc.runtime.types import Budget, ProviderBudget
from tests.runtime.servers import postgres_missing, postgres_server, redis_missing, redis_server

DAY = "2026-11-20"
DAILY = Limit(None, "day", 1_000)
MONTHLY = Limit(None, "month", 5_000)
OPENAI = Limit("openai", "month", 700)
ALL = (DAILY, MONTHLY, OPENAI)

Opens = Callable[[], Ledger]
_STACKS = itertools.count()


def started(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    missing = {"redis": redis_missing, "postgresql": postgres_missing}[kind]()
    if missing:
        pytest.skip(missing)
    start = {"redis": redis_server, "postgresql": postgres_server}[kind]
    with start(tmp_path_factory.mktemp(kind)) as server:
        yield server.address


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from started("redis", tmp_path_factory)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from started("postgresql", tmp_path_factory)


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Opens the same empty ledger again and again, as another process would."""
    kind = request.param
    address = str(tmp_path / "data" / "ledger.sqlite") if kind == "sqlite" else request.getfixturevalue(kind)
    stack, opened = f"stack-{next(_STACKS)}", []

    def one() -> Ledger:
        opened.append(open_ledger(address, stack))
        return opened[-1]

    yield one
    for ledger in opened:
        ledger.close()


def reserve(ledger: Ledger, id_: str, nano: int, day: str = DAY, provider: str = "openai") -> object:
    return ledger.apply([Reserve(id_, provider, nano, day, "gateway", "first", f"{day}T12:00:00Z", ALL)])[0]


def account(ledger: Ledger, limit: Limit, day: str = DAY) -> Account:
    (found,) = ledger.apply([Look(day, (limit,))])
    assert isinstance(found, Standing)
    return found.accounts[0]


def test_a_reservation_counts_until_it_is_settled_at_what_the_call_cost(opens: Opens) -> None:
    ledger = opens()
    assert reserve(ledger, "a", 600) is None
    assert account(ledger, DAILY) == Account(held=600)

    ledger.apply([Settle("a", 55)])
    assert account(ledger, DAILY) == Account(settled=55)


def test_what_would_pass_a_limit_is_refused_with_the_limit_in_the_way(opens: Opens) -> None:
    ledger = opens()
    assert reserve(ledger, "a", 700) is None
    assert reserve(ledger, "b", 1) == OPENAI
    assert reserve(ledger, "c", 300, provider="anthropic") is None
    assert reserve(ledger, "d", 1, provider="anthropic") == DAILY
    assert account(ledger, MONTHLY) == Account(held=1_000)


def test_a_second_settlement_of_a_call_changes_nothing(opens: Opens) -> None:
    ledger = opens()
    reserve(ledger, "a", 600)
    ledger.apply([Settle("a", 55), Settle("a", 600)])
    ledger.apply([Settle("a", 1), Doubt("a", "late")])

    assert account(ledger, DAILY) == Account(settled=55)
    assert ledger.open() == ()


def test_a_call_in_doubt_counts_at_its_worst_is_listed_and_can_still_be_settled(opens: Opens) -> None:
    ledger = opens()
    reserve(ledger, "a", 600)
    ledger.apply([Doubt("a", "timeout")])

    assert account(ledger, DAILY) == Account(doubt=600)
    (listed,) = ledger.open()
    assert (listed.id, listed.day, listed.provider, listed.nano, listed.why) == ("a", DAY, "openai", 600, "timeout")
    ledger.apply([Settle("a", 100)])
    assert account(ledger, DAILY) == Account(settled=100)
    assert ledger.open() == ()


def test_what_an_earlier_start_left_behind_is_in_doubt_and_that_of_others_is_not(opens: Opens) -> None:
    ledger = opens()
    reserve(ledger, "mine", 100)
    ledger.apply([Reserve("other", "openai", 50, DAY, "second gateway", "first", f"{DAY}T12:00:00Z", ALL)])
    again = opens()
    again.apply([Adopt("gateway", "second", "it stopped")])

    assert account(again, DAILY) == Account(doubt=100, held=50)
    assert [(one.id, one.why) for one in again.open()] == [("mine", "it stopped"), ("other", "")]


def test_another_process_sees_the_same_sums(opens: Opens) -> None:
    one, other = opens(), opens()
    reserve(one, "a", 300)
    reserve(other, "b", 200)
    one.apply([Settle("b", 150)])

    assert account(one, DAILY) == account(other, DAILY) == Account(settled=150, held=300)


def test_two_gateways_at_once_never_pass_a_limit(opens: Opens) -> None:
    def spend(number: int) -> int:
        ledger = opens()
        granted = [f"{number}-{n}" for n in range(40) if reserve(ledger, f"{number}-{n}", 30) is None]
        ledger.close()
        return len(granted)

    with ThreadPoolExecutor(4) as gateways:
        granted = sum(gateways.map(spend, range(4)))

    assert granted == OPENAI.nano // 30
    assert account(opens(), OPENAI).taken == granted * 30


def test_amounts_of_any_size_add_up_exactly(opens: Opens) -> None:
    ledger = opens()
    large = 123_456_789_012_345_6
    ledger.apply([Add("openai", large, DAY), *(Add("openai", 1, DAY) for _ in range(9))])

    assert account(ledger, MONTHLY).settled == large + 9


def test_a_new_day_frees_the_daily_limit_and_a_new_month_the_monthly_one(opens: Opens) -> None:
    ledger = opens()
    ledger.apply([Add("openai", 600, "2026-11-30")])

    assert account(ledger, DAILY, "2026-12-01") == Account()
    assert account(ledger, MONTHLY, "2026-11-30") == Account(600)
    assert account(ledger, MONTHLY, "2026-12-01") == Account()


def test_a_call_is_booked_on_the_day_that_it_was_reserved(opens: Opens) -> None:
    ledger = opens()
    reserve(ledger, "a", 600, "2026-11-30")
    reserve(ledger, "b", 10, "2026-12-01")
    ledger.apply([Settle("a", 500)])

    assert [(row.day, row.account.settled, row.calls) for row in ledger.days("2026-11-01", "2026-12-31")] == [
        ("2026-11-30", 500, 1),
        ("2026-12-01", 0, 0),
    ]


def test_a_clock_that_jumps_back_does_not_open_a_spent_budget(opens: Opens) -> None:
    ledger = opens()
    ledger.apply([Add("openai", 1_000, "2026-12-01")])

    assert account(ledger, DAILY, "2026-11-20") == Account(1_000)
    assert reserve(ledger, "a", 1, "2026-11-20") in ALL
    assert reserve(opens(), "b", 1, "1970-01-01") in ALL


def test_a_clock_that_jumps_ahead_loses_nothing_and_the_day_can_be_put_back(opens: Opens) -> None:
    ledger = opens()
    ledger.apply([Add("openai", 600, DAY)])
    reserve(ledger, "a", 10, "2031-01-01")
    assert account(ledger, DAILY, DAY) == Account(held=10)

    ledger.set_day(DAY)
    assert account(ledger, DAILY, DAY) == Account(600)
    assert [row.day for row in ledger.days("2000-01-01", "2099-12-31")] == [DAY, "2031-01-01"]


def test_an_alert_is_claimed_once(opens: Opens) -> None:
    assert opens().apply([Claim("alert|day")]) == [True]
    assert opens().apply([Claim("alert|day"), Claim("alert|month")]) == [False, True]


def test_names_with_odd_letters_stay_apart(opens: Opens) -> None:
    ledger = opens()
    odd = ("a|b", "a|settled", "ü 'x' %s ?", "")
    ledger.apply([Add(name, at + 1, DAY) for at, name in enumerate(odd)])

    assert {row.provider: row.account.settled for row in ledger.days(DAY, DAY)} == {
        n: at + 1 for at, n in enumerate(odd)
    }


def test_one_bad_batch_changes_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), "s")
    too_large = Add("openai", 2**70, DAY)

    with pytest.raises(LedgerError):
        ledger.apply([Add("openai", 5, DAY), too_large])
    ledger.close()
    assert account(ledger, DAILY) == Account()


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    script = (
        "import os, sys, signal\n"
        "from dreamc.runtime.ledger import Add, open_ledger\n"
        f"open_ledger(sys.argv[1], 's').apply([Add('openai', 7, {DAY!r})])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=False, cwd=Path(__file__).parents[2])

    assert account(open_ledger(str(file), "s"), DAILY).settled == 7


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("no database " * 100)

    with pytest.raises(LedgerError):
        open_ledger(str(tmp_path / "ledger.sqlite"), "s").apply([Look(DAY, ())])


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")

    with pytest.raises(LedgerError):
        open_ledger(str(tmp_path / "data" / "ledger.sqlite"), "s").days(DAY, DAY)


def test_a_locked_file_is_an_error_and_works_again_when_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    ledger = open_ledger(str(file), "s")
    ledger.apply([Add("openai", 1, DAY)])
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="locked"):
        ledger.apply([Add("openai", 2, DAY)])
    blocker.execute("ROLLBACK")
    blocker.close()

    assert account(ledger, DAILY).settled == 1


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "postgresql://dream@127.0.0.1:1/postgres"])
def test_a_server_that_is_not_there_is_an_error(address: str) -> None:
    pytest.importorskip(address.partition(":")[0].replace("postgresql", "psycopg"))
    with pytest.raises(LedgerError, match="refused"):
        open_ledger(address, "s").apply([Look(DAY, ())])


def test_an_address_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql:// is no ledger"):
        open_ledger("mysql://localhost/x", "s")


def test_the_limits_of_a_budget_are_those_of_the_stack_and_of_each_provider() -> None:
    budget = Budget(10, None, 0.8, (ProviderBudget("openai", None, 0.000_000_7), ProviderBudget("google", None, None)))

    assert limits(budget) == (Limit(None, "day", 10_000_000_000), Limit("openai", "month", 700))


def test_days_change_at_midnight_in_utc_wherever_the_clock_stands() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-2)))

    assert day_of(late) == "2026-11-21"
    assert day_of(late.astimezone(UTC)) == "2026-11-21"
