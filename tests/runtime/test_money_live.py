"""Every kind of call in a real LiteLLM proxy is reserved first and settled once, however it ends."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import KEY, Proxy, config, litellm, running
from tests.runtime.test_plugin_live import PREMIUM_USD, eventually, ledger, spend
from tests.runtime.upstream import Upstream, chunk, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
MESSAGES = [{"role": "user", "content": "hi"}]
CHAT = {"model": "paid", "messages": MESSAGES, "max_tokens": 50}
PREMIUM = round(PREMIUM_USD * 1e9)


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def slow() -> Iterator[int]:
    """A cloud that streams a word every fifth of a second, and says what it used at the end: its port."""
    with trickle() as port:
        yield port


@pytest.fixture(scope="module")
def served(models: Upstream, slow: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    raw = desk()
    raw["aliases"] = ["code", "paid", "slow"]
    raw["members"]["trickle"] = {**raw["members"]["gpt"]}
    for mode, served in raw["modes"].items():
        chains = {"paid": ["gpt", "quality"], "slow": ["trickle"], "code": ["quality"]}
        local = {name: ["fast"] for name in chains}
        held = local if mode == "local" else chains
        served["aliases"] = {name: {"routed": False, "members": chain} for name, chain in held.items()}
    raw["timeout_s"] = 2
    settings = config(raw, "hybrid", models.port)
    for one in settings["model_list"]:
        if one["model_info"]["dream_member"] == "trickle":
            one["litellm_params"]["api_base"] = f"http://127.0.0.1:{slow}/v1"
    settings["router_settings"]["allowed_fails"] = 1_000_000
    assert PROGRAM is not None
    with running(PROGRAM, tmp_path_factory.mktemp("money"), settings, json.dumps(raw)) as proxy:
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    """With an empty ledger, and models that answer."""
    models.reset()
    eventually(lambda: not flying(served))
    spend(served, 0)
    return served


def flying(proxy: Proxy) -> bool:
    return bool(query(proxy, "SELECT 1 FROM reserved WHERE why = ''")) if query(proxy, _HAS_TABLE) else False


_HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE name = 'reserved'"


def query(proxy: Proxy, statement: str) -> list[tuple[Any, ...]]:
    database = ledger(proxy)
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


def money(proxy: Proxy) -> tuple[int, int, int]:
    """(settled, in doubt, held) in nano-dollars."""
    (row,) = query(proxy, "SELECT SUM(settled), SUM(doubt), SUM(held) FROM days")
    return (int(row[0]), int(row[1]), int(row[2]))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/chat/completions", {**CHAT, "stream": True}),
        ("/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}),
        ("/v1/completions", {"model": "paid", "prompt": "hi", "max_tokens": 50}),
        ("/v1/messages", CHAT),
        ("/v1/messages", {**CHAT, "stream": True}),
        ("/v1/responses", {"model": "paid", "input": "hi", "max_output_tokens": 50}),
    ],
    ids=["chat", "stream", "stream with usage", "completion", "messages", "messages stream", "responses"],
)
def test_every_kind_of_call_is_settled_at_what_it_cost(gateway: Proxy, path: str, body: dict[str, Any]) -> None:
    assert gateway.post(path, body).status == 200

    eventually(lambda: money(gateway) == (PREMIUM, 0, 0))
    assert query(gateway, "SELECT SUM(calls) FROM days") == [(2,)]  # one is that of the test's own row


def test_money_is_held_while_a_call_is_in_flight(gateway: Proxy, models: Upstream) -> None:
    seen: list[tuple[int, int, int]] = []
    models.on_request = lambda _: seen.append(money(gateway))
    gateway.post("/v1/chat/completions", CHAT)

    ((settled, doubt, held),) = seen
    assert (settled, doubt) == (0, 0)
    assert 50 * 8_000 <= held < 2_000_000


def test_the_provider_is_told_the_name_of_the_reservation(gateway: Proxy, models: Upstream) -> None:
    names: list[str] = []
    models.on_request = lambda _: names.extend(row[0] for row in query(gateway, "SELECT id FROM reserved"))
    gateway.post("/v1/chat/completions", CHAT)

    assert len(names) == 1
    assert models.headers[-1]["x-client-request-id"] == names[0]


@pytest.mark.parametrize("status", [429, 500, 503, 401])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_of_the_provider_costs_nothing(gateway: Proxy, models: Upstream, status: int, *, stream: bool) -> None:
    models.statuses["gpt"] = status
    assert gateway.post("/v1/chat/completions", {**CHAT, "stream": stream}).status == 200

    assert models.asked == {"gpt": 1, "quality": 1}
    eventually(lambda: money(gateway) == (0, 0, 0))


@pytest.mark.parametrize("trouble", ["hangs", "drops"])
def test_a_call_that_was_cut_off_is_in_doubt_at_its_worst(gateway: Proxy, models: Upstream, trouble: str) -> None:
    getattr(models, trouble).add("gpt")
    assert gateway.post("/v1/chat/completions", CHAT).status == 200

    assert models.asked == {"gpt": 1, "quality": 1}
    eventually(lambda: money(gateway)[1] > 0)
    settled, doubt, held = money(gateway)
    assert (settled, held) == (0, 0)
    assert query(gateway, "SELECT nano FROM reserved WHERE why <> ''") == [(doubt,)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_is_rejected_is_paid_for(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says["gpt"] = ""
    assert gateway.post("/v1/chat/completions", {**CHAT, "stream": stream}).status == 200

    assert models.asked == {"gpt": 1, "quality": 1}
    eventually(lambda: money(gateway) == (PREMIUM, 0, 0))


def test_a_local_call_leaves_the_ledger_alone(gateway: Proxy) -> None:
    """It is answered while somebody else holds the file, and waits for nothing."""
    blocker = ledger(gateway)
    blocker.isolation_level = None
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        assert gateway.chat("code").said == "from quality"
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert money(gateway) == (0, 0, 0)


@pytest.mark.parametrize("at_once", [False, True], ids=["in the middle", "before the first word"])
def test_a_client_that_hangs_up_pays_for_what_was_said(gateway: Proxy, *, at_once: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rpartition(":")[2]), timeout=20)
    body = {**CHAT, "model": "slow", "stream": True}
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    assert connection.sock is not None
    if not at_once:
        connection.getresponse().read(300)
    else:
        eventually(lambda: flying(gateway))
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()

    eventually(lambda: not flying(gateway))
    settled, doubt, held = money(gateway)
    assert held == 0
    assert 0 < settled + doubt < 50 * 8_000 + 1_000_000


@contextmanager
def trickle() -> Iterator[int]:
    """Sends forty words, slowly, to whoever still listens."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
            for number in range(40):
                delta = [{"index": 0, "delta": {"content": f"word{number} "}, "finish_reason": None}]
                try:
                    connection.sendall(f"data: {json.dumps(chunk('trickle', delta))}\n\n".encode())
                except OSError:
                    return
                time.sleep(0.2)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
