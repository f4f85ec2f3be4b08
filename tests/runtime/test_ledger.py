"""Money is summed exactly by calendar day and month, survives a restart, and closes the cloud when it cannot."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dreamc.runtime.ledger import Ledger, LedgerError
from dreamc.runtime.types import Budget

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOTH = Budget(daily_usd=10, monthly_usd=50, alert_at=0.8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite"


def test_nothing_spent_leaves_the_tighter_limit(file: Path) -> None:
    assert Ledger(file).left(BOTH, NOON) == 10
    assert Ledger(file).left(Budget(None, 50, 0.8), NOON) == 50
    assert Ledger(file).left(Budget(None, None, 0.8), NOON) is None


def test_small_amounts_add_up_exactly(file: Path) -> None:
    ledger = Ledger(file)
    for _ in range(1_000):
        ledger.add(0.000_1, NOON)

    assert ledger.left(BOTH, NOON) == 9.9


def test_a_new_day_frees_the_daily_and_keeps_the_monthly_limit(file: Path) -> None:
    ledger = Ledger(file)
    ledger.add(10, NOON)

    assert ledger.left(BOTH, NOON) == 0
    assert ledger.left(BOTH, NOON + timedelta(days=1)) == 10
    assert ledger.left(Budget(None, 50, 0.8), NOON + timedelta(days=1)) == 40
    assert ledger.left(Budget(None, 50, 0.8), NOON + timedelta(days=11)) == 50


def test_days_change_at_midnight_in_utc_wherever_the_clock_stands(file: Path) -> None:
    ledger = Ledger(file)
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    ledger.add(3, late)

    assert ledger.spent("2026-11-21", "2026-11-21") == 3


def test_a_clock_that_jumps_back_finds_its_day_again(file: Path) -> None:
    ledger = Ledger(file)
    ledger.add(4, NOON)
    ledger.add(1, NOON + timedelta(days=40))

    assert ledger.left(BOTH, NOON) == 6


def test_an_overdrawn_budget_leaves_nothing(file: Path) -> None:
    ledger = Ledger(file)
    ledger.add(60, NOON)

    assert ledger.left(BOTH, NOON) == 0


def test_a_restart_loses_nothing(file: Path) -> None:
    Ledger(file).add(7, NOON)

    assert Ledger(file).left(BOTH, NOON) == 3


def test_a_killed_process_loses_nothing(file: Path) -> None:
    script = (
        "import os, sys, signal, pathlib, datetime\n"
        "from dreamc.runtime.ledger import Ledger\n"
        "Ledger(pathlib.Path(sys.argv[1])).add(7, datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=False, cwd=Path(__file__).parents[2])

    assert Ledger(file).left(BOTH, NOON) == 3


def test_two_processes_share_one_sum(file: Path) -> None:
    one, other = Ledger(file), Ledger(file)
    one.add(2, NOON)
    other.add(3, NOON)

    assert one.left(BOTH, NOON) == other.left(BOTH, NOON) == 5


def test_a_file_that_is_no_database_is_an_error(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("no database " * 100)

    with pytest.raises(LedgerError):
        Ledger(file).left(BOTH, NOON)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")

    with pytest.raises(LedgerError):
        Ledger(tmp_path / "data" / "ledger.sqlite").left(BOTH, NOON)


def test_what_a_locked_file_refuses_is_owed_and_booked_later(file: Path) -> None:
    ledger = Ledger(file)
    ledger.add(1, NOON)
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError):
        ledger.add(2, NOON)
    with pytest.raises(LedgerError):
        ledger.left(BOTH, NOON)
    blocker.execute("ROLLBACK")
    blocker.close()

    assert ledger.left(BOTH, NOON) == 7
