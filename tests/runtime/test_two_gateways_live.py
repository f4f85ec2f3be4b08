"""Two LiteLLM proxies that share one ledger, in Redis and in PostgreSQL: together they never pass the day's budget.

What the cloud charged stands in its own books, which are compared with the ledger to the nano-dollar.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.ledger import Day, Ledger, Settle, open_ledger
from dreamc.runtime.money import nano
from tests.runtime.cloud import _fault as happens
from tests.runtime.crowd import Ask, Got, crowd
from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, config, free_port, litellm, running
from tests.runtime.servers import Server, postgres_missing, postgres_server, redis_missing, redis_server

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
DAILY_USD = 0.04
EACH, CLIENTS = 150, 12
"""Requests and clients of each gateway: what they ask for would cost about twice the budget."""
SERVERS = [
    pytest.param(redis_server, id="redis", marks=pytest.mark.skipif(bool(why := redis_missing()), reason=why or "")),
    pytest.param(
        postgres_server, id="postgres", marks=pytest.mark.skipif(bool(why := postgres_missing()), reason=why or "")
    ),
]


@dataclass(frozen=True)
class Scene:
    """Two gateways, the server of their ledger, and the books of the cloud that both ask."""

    gateways: tuple[Proxy, Proxy]
    server: Server
    books_file: Path

    @property
    def books(self) -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in self.books_file.read_text().splitlines()]
        return [row for row in rows if row["model"] == "gpt"]

    def ledger(self) -> Ledger:
        return open_ledger(self.server.address, "hybrid")

    def days(self) -> tuple[Day, ...]:
        ledger = self.ledger()
        try:
            return ledger.days("0000-00-00", "9999-99-99")
        finally:
            ledger.close()


@pytest.fixture(scope="module", params=SERVERS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    assert PROGRAM is not None
    books, port, raw = tmp_path_factory.mktemp("cloud") / "books.jsonl", free_port(), stack()
    books.touch()
    cloud = [sys.executable, str(Path(__file__).with_name("cloud.py")), str(port), str(books), "two"]
    with ExitStack() as stop:
        stop.callback(stop.enter_context(subprocess.Popen(cloud)).terminate)
        server = stop.enter_context(request.param(tmp_path_factory.mktemp("ledger")))
        one, two = (
            stop.enter_context(
                running(
                    PROGRAM,
                    tmp_path_factory.mktemp(name),
                    settings(raw, port),
                    json.dumps(raw),
                    variables={"DREAM_LEDGER": server.address, "DREAM_INSTANCE": name},
                )
            )
            for name in ("one", "two")
        )
        yield Scene((one, two), server, books)


def stack() -> dict[str, Any]:
    raw = desk()
    raw["aliases"] = ["clouds", "paid"]
    for mode, served in raw["modes"].items():
        chains = {"clouds": ["gpt"], "paid": ["gpt", "quality"]}
        held = {name: ["fast"] for name in chains} if mode == "local" else chains
        served["aliases"] = {name: {"routed": False, "members": chain} for name, chain in held.items()}
    raw["budget"] = {"daily_usd": DAILY_USD, "monthly_usd": None, "alert_at": 0.8}
    raw["timeout_s"] = 2
    return raw


def settings(raw: dict[str, Any], port: int) -> dict[str, Any]:
    made = config(raw, "hybrid", port)
    made["router_settings"] |= {"disable_cooldowns": True}
    return made


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def calm() -> Iterator[str]:
    """Marks of requests with which neither model has trouble."""
    for mark in range(1_000, 10_000):
        chances = (random.Random(f"two|{mark}|{name}|False") for name in ("gpt", "quality"))
        if all(happens(chance) == "fine" for chance in chances):
            yield f"mark-{mark}"


def member(proxy: Proxy, alias: str, text: str) -> str:
    """Who answers, or the status and the reason why nobody does."""
    reply = proxy.chat(alias, text, max_tokens=40)
    return reply.headers["x-dream-model"] if reply.status == 200 else f"{reply.status} {reply.text}"


def test_without_its_ledger_no_gateway_asks_the_cloud_local_goes_on_and_it_comes_back(scene: Scene) -> None:
    (one, two), marks = scene.gateways, calm()
    assert [member(proxy, "paid", next(marks)) for proxy in (one, two)] == ["gpt", "gpt"]
    before = len(scene.books)

    scene.server.stop(signal.SIGINT)
    for proxy in (one, two) * 4:
        assert member(proxy, "paid", next(marks)) == "quality"
        told = member(proxy, "clouds", next(marks))
        assert told.startswith("429 "), told
        assert "the ledger cannot be reached, so the cloud is closed" in told
    assert len(scene.books) == before

    scene.server.start()
    eventually(lambda: [member(proxy, "paid", next(marks)) for proxy in (one, two)] == ["gpt", "gpt"])


def test_two_gateways_at_once_never_pass_the_day_and_the_ledger_equals_the_clouds_books(scene: Scene) -> None:
    got = asyncio.run(both(scene))
    eventually(lambda: not any(day.account.held for day in scene.days()))

    answered = Counter(one.status for one in got)
    assert answered[200] > 0.85 * len(got), answered
    assert not answered[500], answered
    limit, books, days = nano(DAILY_USD), scene.books, scene.days()
    taken = sum(day.account.taken for day in days)
    assert 0.9 * limit < taken <= limit, "the budget was never tried, or passed"
    assert sum(row["nano"] for row in books) <= limit
    assert all(row["id"] for row in books)
    assert max(Counter(row["id"] for row in books).values()) == 1
    left = equal(scene, books)
    usd, most = sum(row["nano"] for row in books) / 1e9, taken / 1e9
    told = (
        f"{len(got)} requests {dict(answered)}, cloud {len(books)} calls {usd:.6f} USD, taken {most:.6f}, doubt {left}"
    )
    sys.stdout.write(f"\n{scene.server.address.partition(':')[0]}: {told} of {DAILY_USD} USD\n")


def equal(scene: Scene, books: list[dict[str, Any]]) -> int:
    """Calls in doubt stand at their worst; with what the cloud's books say of them, both sums are the same. How many
    those are."""
    charged, ledger = {row["id"]: row["nano"] for row in books}, scene.ledger()
    try:
        left = {one.id: one.nano for one in ledger.open()}
        assert all(charged.get(id_, 0) <= most for id_, most in left.items())
        settled = sum(cost for id_, cost in charged.items() if id_ not in left)
        assert sum(day.account.settled for day in scene.days()) == settled
        ledger.apply([Settle(id_, charged.get(id_, 0)) for id_ in left])
    finally:
        ledger.close()
    assert [sum(day.account.settled for day in scene.days())] == [sum(charged.values())]
    assert not any(day.account.doubt for day in scene.days())
    return len(left)


async def both(scene: Scene) -> list[Got]:
    """A crowd before each gateway, at once; in the middle of it the ledger's server dies and comes back."""
    ports = [int(proxy.url.rpartition(":")[2]) for proxy in scene.gateways]
    crowds = [crowd(port, asks(at), CLIENTS, lambda: asyncio.sleep(0.2)) for at, port in enumerate(ports)]
    ending = asyncio.create_task(asyncio.to_thread(outage, scene, len(scene.books) + EACH // 3))
    found = await asyncio.gather(*crowds)
    await ending
    return [got for one in found for got in one]


def outage(scene: Scene, calls: int) -> None:
    eventually(lambda: len(scene.books) >= calls)
    scene.server.stop(signal.SIGKILL if scene.server.address.startswith("redis") else signal.SIGQUIT)
    scene.server.start()


def asks(gateway: int) -> list[Ask]:
    return [_ask(10_000 + gateway * EACH + number) for number in range(EACH)]


def _ask(mark: int) -> Ask:
    message = {"role": "user", "content": f"mark-{mark} " + "word " * 20}
    body = {"model": "paid", "messages": [message], "max_tokens": 40, "stream": mark % 3 == 0}
    return Ask("/v1/chat/completions", body, {}, "open")
