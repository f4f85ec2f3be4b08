"""What a gateway may spend: reserved first, settled once, never beyond a limit, and nothing where nobody can tell."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from dreamc.runtime import purse as module
from dreamc.runtime import writer
from dreamc.runtime.alerts import Alert, Alerts
from dreamc.runtime.ledger import Account, Answer, Ledger, LedgerError, Limit, Look, Op, Standing, open_ledger
from dreamc.runtime.purse import AWAY, Purse, Terms
from tests.runtime.servers import redis_missing, redis_server

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MONTHLY = Limit(None, "month", 1_000)
OPENAI = Limit("openai", "day", 400)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Heard(Alerts):
    """What would have been said."""

    def __init__(self) -> None:
        super().__init__(None)
        self.said: list[str] = []

    def say(self, alert: Any) -> None:
        self.said.append(f"{alert.kind}: {alert.text}")


class Broken:
    """A ledger that can be switched off."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.off = False

    def apply(self, ops: Sequence[Op]) -> list[Answer]:
        if self.off:
            raise LedgerError("off")
        return self.ledger.apply(ops)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept in mind, so that nothing has to be waited for."""
    monkeypatch.setattr(module, "FRESH_S", -1.0)
    monkeypatch.setattr(writer, "AGAIN_S", 0.0)


Made = Callable[..., Purse]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Made]:
    made: list[Purse] = []

    def one(limits: tuple[Limit, ...] = (MONTHLY, OPENAI), **more: Any) -> Purse:
        ledger = more.pop("ledger", None) or open_ledger(str(tmp_path / "ledger.sqlite"), "s")
        made.append(Purse(Terms(ledger, "s", limits, more.pop("clock", Clock()), **more)))
        return made[-1]

    yield one
    for each in made:
        each.close()


def reserve(purse: Purse, id_: str, nano: int, provider: str = "openai") -> str | None:
    return asyncio.run(purse.reserve(id_, provider, nano))


def test_requests_that_follow_each_other_do_not_wait_for_the_ledger(
    make: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "FRESH_S", 1.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    purse, other = make(), make(ledger=open_ledger(str(tmp_path / "ledger.sqlite"), "s"))
    asyncio.run(purse.look())
    assert reserve(other, "a", 300) is None
    assert other.settle("a", 300)
    assert other.days("2026-11-30", "2026-11-30"), "it is written"

    now[0] += 0.4
    with pytest.raises(StopIteration):
        purse.look().send(None)
    assert purse.left(None) == 1_000

    now[0] += 0.4
    with pytest.raises(StopIteration):
        purse.look().send(None)
    assert purse.days("2026-11-30", "2026-11-30"), "whatever was asked before has been answered"
    assert purse.left(None) == 700


def test_a_reservation_is_granted_within_and_refused_beyond_each_limit(make: Made) -> None:
    purse = make()
    assert reserve(purse, "a", 300) is None
    assert "left of the budget of openai" in str(reserve(purse, "b", 200))
    assert reserve(purse, "c", 700, "google") is None
    assert reserve(purse, "d", 1, "google") == "the budget is used up"


def test_what_is_left_is_what_is_not_spent_yet(make: Made) -> None:
    purse = make()
    reserve(purse, "a", 300)
    assert (purse.left(None), purse.left("openai"), purse.left("google")) == (1_000, 400, 1_000)

    purse.settle("a", 50)
    assert (purse.left(None), purse.left("openai"), purse.left("google")) == (950, 350, 950)


def test_a_call_is_settled_once_whoever_says_so_again(make: Made) -> None:
    purse = make()
    reserve(purse, "a", 300)

    assert [purse.settle("a", 10), purse.settle("a", 300), purse.doubt("a", "late"), purse.settle("none", 5)] == [
        *(True, False, False, False)
    ]
    assert purse.left(None) == 990
    assert purse.unsettled() == ()


def test_without_limits_everything_is_granted_and_booked(make: Made) -> None:
    purse = make(())
    assert reserve(purse, "a", 10**15) is None
    purse.settle("a", 7)
    purse.add("openai", 5)

    assert purse.left(None) is None
    assert [row.account.settled for row in purse.days("2026-11-01", "2026-11-30")] == [12]


def test_a_ledger_that_is_away_closes_what_is_limited_and_nothing_else(
    make: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Broken(open_ledger(str(tmp_path / "ledger.sqlite"), "s"))
    purse = make((OPENAI,), ledger=ledger)
    reserve(purse, "before", 100)
    ledger.off = True

    assert reserve(purse, "a", 1) == AWAY
    assert (purse.left("openai"), purse.away) == (0, True)
    assert reserve(purse, "b", 30, "google") is None
    purse.settle("b", 20)
    purse.settle("before", 60)
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        f"{AWAY}; local models go on: off"
    ]
    ledger.off = False
    assert purse.left("openai") == 340
    assert {row.provider: row.account.settled for row in purse.days("2026-11-30", "2026-11-30")} == {
        "google": 20,
        "openai": 60,
    }
    assert purse.unsettled() == ()


def test_a_client_that_goes_while_money_is_reserved_leaves_nothing_held(make: Made) -> None:
    purse = make()

    async def gone() -> None:
        task = asyncio.create_task(purse.reserve("a", "openai", 300))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(gone())
    assert purse.left("openai") == 400
    assert purse.unsettled() == ()


def test_a_restart_puts_what_was_in_flight_in_doubt_and_counts_it(make: Made) -> None:
    first = make(instance="box/litellm")
    reserve(first, "a", 300)
    first.close()
    second = make(instance="box/litellm")
    second.open().result()

    assert second.left("openai") == 100
    (found,) = second.unsettled()
    assert (found.id, found.why) == ("a", "the gateway stopped before the call ended")


def test_a_call_that_nobody_came_back_for_is_put_in_doubt(make: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    purse = make()
    reserve(purse, "a", 300)
    monkeypatch.setattr(module, "PATIENCE_S", -1.0)
    reserve(purse, "b", 10)

    assert [(one.id, one.why) for one in purse.unsettled()] == [("a", "nobody saw the end of the call"), ("b", "")]


def test_midnight_and_the_end_of_the_month_free_their_limits_at_once(make: Made) -> None:
    clock = Clock()
    purse = make((MONTHLY, OPENAI), clock=clock)
    reserve(purse, "a", 400)
    purse.settle("a", 400)
    assert (purse.left("openai"), purse.left(None)) == (0, 600)

    clock.now = NOON + timedelta(hours=13)
    assert (purse.left("openai"), purse.left(None)) == (400, 1_000)


def test_a_clock_that_jumps_back_opens_nothing_and_is_said_once(make: Made, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    purse = make(clock=clock)
    reserve(purse, "a", 400)
    purse.settle("a", 400)
    clock.now = NOON - timedelta(days=10)

    assert purse.left("openai") == 0
    assert reserve(purse, "b", 1) == "the budget of openai is used up"
    said = [record.message for record in caplog.records if "the clock says" in record.message]
    assert said == [
        "the clock says 2026-11-20, the ledger 2026-11-30: budgets count on that day until the clock has passed it"
    ]


def test_an_alert_is_said_once_for_each_limit_over_all_gateways(make: Made) -> None:
    heard = Heard()
    gateways = [make(alerts=heard, alert_at=0.5) for _ in range(3)]
    for number, purse in enumerate(gateways):
        assert reserve(purse, f"{number}", 100) is None
        purse.settle(f"{number}", 100)
        purse.left(None)
    for purse in gateways:
        purse.left(None)
        purse.close()

    assert heard.said == ["alert: 0.00 of 0.00 USD are spent of the daily budget of openai since 2026-11-30"]


def test_the_first_call_that_is_refused_for_good_is_said_and_those_that_wait_for_others_are_not(make: Made) -> None:
    heard = Heard()
    purse = make(alerts=heard)
    reserve(purse, "a", 300)
    assert reserve(purse, "b", 200) is not None
    assert heard.said == []
    purse.settle("a", 300)
    reserve(purse, "c", 200)
    reserve(purse, "d", 200)
    purse.close()

    assert len(heard.said) == 1
    assert heard.said[0].endswith("calls that may cost more than what is left are refused")


def test_a_webhook_gets_one_json_and_is_tried_again_when_it_fails() -> None:
    got: list[dict[str, Any]] = []
    done = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200 if len(got) > 1 else 503)
            self.end_headers()
            if len(got) > 1:
                done.set()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    waits: list[float] = []
    account = Account(settled=900_000_000)
    alert = Alert("alert", "lab", Limit("openai", "month", 10**9), account, "2026-11-01", 0.8)
    Alerts(f"http://127.0.0.1:{server.server_port}/hook", waits.append).say(alert)
    assert done.wait(10)
    server.shutdown()
    server.server_close()

    assert waits == [0.0, 2.0]
    assert (
        got[0]
        == got[1]
        == {
            "text": "lab: 0.90 of 1.00 USD are spent of the monthly budget of openai since 2026-11-01",
            "event": "budget_alert",
            "stack": "lab",
            "provider": "openai",
            "period": "month",
            "since": "2026-11-01",
            "spent_usd": 0.9,
            "limit_usd": 1.0,
            "alert_at": 0.8,
        }
    )


def test_a_webhook_that_is_never_reached_is_said_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    alerts = Alerts("http://127.0.0.1:1/token-in-the-path", lambda _: None)
    alerts._send("http://127.0.0.1:1/token-in-the-path", b"{}")

    assert "did not reach the webhook at 127.0.0.1" in caplog.text
    assert "token" not in caplog.text


def test_redis_that_is_killed_closes_the_cloud_and_comes_back_with_everything(make: Made, tmp_path: Path) -> None:
    if missing := redis_missing():
        pytest.skip(missing)
    with redis_server(tmp_path) as server:
        purse = make(ledger=open_ledger(server.address, "s"))
        assert reserve(purse, "a", 100) is None
        assert reserve(purse, "b", 50) is None
        purse.settle("a", 60)
        assert purse.left("openai") == 340
        server.stop(signal.SIGKILL)

        assert reserve(purse, "c", 1) == AWAY
        assert purse.left("openai") == 0
        purse.settle("b", 40)
        server.start()

        assert purse.left("openai") == 300
        assert reserve(purse, "d", 300) is None
        assert reserve(purse, "e", 1) is not None


def test_a_full_disk_closes_the_cloud_says_so_once_and_opens_again(
    make: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        purse = make(ledger=open_ledger(str(small / "ledger.sqlite"), "s"))
        assert reserve(purse, "a", 100) is None
        filler = small / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        refused = [why for n in range(200) if (why := reserve(purse, f"more-{n}", 0)) is not None]
        assert set(refused) == {AWAY}
        assert sum("disk is full" in record.message for record in caplog.records) == 1
        filler.unlink()

        purse.settle("a", 40)
        assert purse.left("openai") == 360
        purse.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


KILLED = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from dreamc.runtime.ledger import Limit, open_ledger
from dreamc.runtime.purse import Purse, Terms

async def main():
    limits = (Limit(None, "month", 10**6),)
    purse = Purse(Terms(open_ledger(sys.argv[1], "s"), "s", limits, lambda: datetime(2026, 11, 30, tzinfo=UTC)))
    for n in range(50):
        assert await purse.reserve(f"{n}", "openai", 100) is None
        if n % 2:
            purse.settle(f"{n}", 7)
    purse.unsettled()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_after_a_kill_settled_calls_stand_and_the_others_are_in_doubt(make: Made, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    file = tmp_path / "ledger.sqlite"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=root, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    purse = make()
    purse.open().result()

    (day,) = purse.days("2026-11-30", "2026-11-30")
    assert (day.account.settled, day.account.doubt, day.account.held, day.calls) == (25 * 7, 25 * 100, 0, 25)
    assert len(purse.unsettled()) == 25


class Spending(RuleBasedStateMachine):
    """Two gateways at one ledger, and a model of it: sums are exact and no limit is ever passed."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = open_ledger(":memory:", "s")
        self.limits = (Limit(None, "month", 1_000), Limit(None, "day", 600), Limit("a", "day", 250))
        self.clock = Clock()
        self.purses = [Purse(Terms(_Kept(self.ledger), "s", self.limits, self.clock)) for _ in range(2)]
        self.rows: dict[str, tuple[str, str, int]] = {}
        self.settled: list[tuple[str, str, int]] = []
        self.number = 0
        self.day = datetime.min.replace(tzinfo=UTC)

    @rule(target=ids, gateway=st.integers(0, 1), provider=st.sampled_from("ab"), nano=st.integers(0, 300))
    def reserve(self, gateway: int, provider: str, nano: int) -> tuple[int, str]:
        self.number += 1
        self.day = max(self.day, self.clock.now)
        id_, day = f"{self.number}", self.day.date().isoformat()
        granted = reserve(self.purses[gateway], id_, nano, provider) is None
        own = [limit for limit in self.limits if limit.provider in (None, provider)]
        assert granted == all(self._taken(limit, day) + nano <= limit.nano for limit in own)
        if granted:
            self.rows[id_] = (day, provider, nano)
        return gateway, id_

    @rule(call=consumes(ids), share=st.floats(0, 1))
    def settle(self, call: tuple[int, str], share: float) -> None:
        gateway, id_ = call
        row = self.rows.pop(id_, None)
        spent = int((row[2] if row else 9) * share)
        assert self.purses[gateway].settle(id_, spent) == (row is not None)
        if row is not None:
            self.settled.append((row[0], row[1], spent))

    @rule(call=consumes(ids))
    def doubt(self, call: tuple[int, str]) -> None:
        row = self.rows.pop(call[1], None)
        assert self.purses[call[0]].doubt(call[1], "timeout") == (row is not None)
        if row is not None:
            self.settled.append(row)

    @rule(hours=st.integers(-800, 800))
    def time_jumps(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.clock.now = max(self.clock.now, self.day) + timedelta(hours=hours)

    @invariant()
    def sums_are_exact_and_within_the_limits(self) -> None:
        for purse in self.purses:
            purse.left(None)
        (standing,) = self.ledger.apply([Look(self.clock.now.date().isoformat(), self.limits)])
        assert isinstance(standing, Standing)
        for limit, account in zip(self.limits, standing.accounts, strict=True):
            assert account.taken == self._taken(limit, standing.day) <= limit.nano

    def teardown(self) -> None:
        for purse in self.purses:
            purse.close()
        self.ledger.close()

    def _taken(self, limit: Limit, today: str) -> int:
        size = 10 if limit.period == "day" else 7
        rows = (*self.rows.values(), *self.settled)
        return sum(n for at, who, n in rows if at[:size] == today[:size] and limit.provider in (None, who))


class _Kept:
    """One connection for both gateways, one batch at a time; closing it is left to the machine."""

    lock = threading.Lock()

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def apply(self, ops: Sequence[Op]) -> list[Answer]:
        with self.lock:
            return self.ledger.apply(ops)

    def __getattr__(self, name: str) -> Any:
        return (lambda: None) if name == "close" else getattr(self.ledger, name)


TestSpending = Spending.TestCase
TestSpending.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
