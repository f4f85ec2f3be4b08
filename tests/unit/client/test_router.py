"""The client, against a small server that answers like the gateway does."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dreamc.client import GatewayError, Router

HEADERS = {
    "x-dream-tier": "local_fast",
    "x-dream-model": "fast",
    "x-dream-reason": "action classify_memory",
    "x-dream-attempts": "2",
    "x-dream-quality": "0.92",
    "x-dream-cost-usd": "0.000120000",
}
USAGE = {"prompt_tokens": 12, "completion_tokens": 3}
STATS = {
    "cost_this_month_usd": 1.25,
    "budget_left_usd": 8.75,
    "local_requests": 90,
    "cloud_requests": 10,
    "savings": {"usd": 11.25, "share": 0.9},
    "tiers": [{"tier": "local_fast", "calls": 90, "usd": 0.0, "p50_s": 0.2}, {"tier": None, "calls": 1, "usd": 0.1}],
}


@dataclass
class Fake:
    url: str = ""
    status: int = 200
    text: str | None = "auth-bug-fix"
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    stats: dict[str, Any] | None = None
    body: bytes | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    hang_up: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    slow: bool = False

    def answer(self) -> tuple[int, bytes]:
        if self.body is not None:
            return self.status, self.body
        if self.status != 200:
            return self.status, json.dumps({"error": {"message": {"error": "the budget is used up"}}}).encode()
        message = {"role": "assistant", "content": self.text}
        return 200, json.dumps({"choices": [{"message": message}], "usage": USAGE}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: Fake

    def do_POST(self) -> None:
        self.fake.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.fake.sent.append({name.lower(): value for name, value in self.headers.items()})
        self.fake.connections.add(self.client_address[1])
        if self.fake.slow:
            self.fake.released.wait(10)
        self.say(*self.fake.answer())

    def do_GET(self) -> None:
        if self.path == "/stats" and self.fake.stats is not None:
            self.say(200, json.dumps(self.fake.stats).encode())
        elif self.path == "/v1/models":
            self.say(200, json.dumps({"data": [{"id": "auto"}, {"id": "code"}]}).encode())
        else:
            self.say(404, b"nothing here")

    def say(self, status: int, data: bytes) -> None:
        self.send_response(status)
        for name, value in (self.fake.headers if status == 200 else {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or self.fake.hang_up

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Fake]:
    fake = Fake()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"fake": fake}))
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving() as found:
        yield found


@pytest.fixture
def router(fake: Fake) -> Iterator[Router]:
    with Router(fake.url, "sk-test", timeout=5) as made:
        yield made


def test_an_answer_is_a_text_that_knows_who_gave_it(router: Router) -> None:
    answer = router.route("Extract topic from: Fixed auth bug", action_type="classify_memory")

    assert answer == "auth-bug-fix"
    assert answer.upper() == "AUTH-BUG-FIX"
    assert (answer.decision.tier, answer.decision.model.name, answer.decision.attempts) == ("local_fast", "fast", 2)
    assert (answer.stats.cost, answer.stats.prompt_tokens) == (0.00012, 12)


def test_a_checked_answer_unpacks_into_four(router: Router, fake: Fake) -> None:
    response, decision, quality, stats = router.route_with_quality_check("Refactor", action_type="edit_file")

    assert (response, decision.model.name, decision.reason) == ("auth-bug-fix", "fast", "action classify_memory")
    assert (quality.score, quality.passed) == (0.92, True)
    assert sum(one.cost or 0 for one in stats) == pytest.approx(0.00012)
    assert fake.bodies[0]["metadata"] == {"action_type": "edit_file", "quality_check": True, "max_attempts": 2}


@pytest.mark.parametrize(("score", "passed"), [("0.70", True), ("0.69", False), ("", True)])
def test_an_answer_passes_from_the_threshold_on(router: Router, fake: Fake, score: str, *, passed: bool) -> None:
    fake.headers["x-dream-quality"] = score

    assert router.route_with_quality_check("Refactor").quality.passed is passed


def test_wishes_travel_with_the_request(router: Router, fake: Fake) -> None:
    router.route("hi", "list_files", "some context", force_local=True, max_cost=0.5, alias="code", temperature=0)

    body = fake.bodies[0]
    assert (body["model"], body["temperature"]) == ("code", 0)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["metadata"] == {"force_local": True, "action_type": "list_files", "max_cost_usd": 0.5}
    assert fake.sent[0]["authorization"] == "Bearer sk-test"


def test_key_and_address_come_from_the_environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_GATEWAY_KEY", "sk-env")
    monkeypatch.setenv("DREAM_GATEWAY_URL", f"{fake.url}/v1/")
    with Router() as made:
        assert made.route("hi") == "auth-bug-fix"

    assert fake.sent[0]["authorization"] == "Bearer sk-env"


def test_the_key_is_not_shown(router: Router) -> None:
    assert "sk-test" not in repr(vars(router))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503])
def test_a_refusal_says_its_status_and_reason_and_is_not_sent_again(router: Router, fake: Fake, status: int) -> None:
    fake.status = status

    with pytest.raises(GatewayError) as caught:
        router.route("hi")

    assert (caught.value.status, caught.value.reason) == (status, "the budget is used up")
    assert len(fake.bodies) == 1


def test_a_gateway_that_is_away_is_tried_again_and_said() -> None:
    with serving() as fake:
        url = fake.url
    pauses: list[float] = []
    router = Router(url, "", retries=2)
    object.__setattr__(router._wire, "pause", pauses.append)

    with pytest.raises(GatewayError, match="is the gateway running there") as caught:
        router.route("hi")

    assert caught.value.status is None
    assert pauses == [0.2, 0.4]


def test_an_answer_that_takes_too_long_is_not_asked_for_twice(fake: Fake) -> None:
    fake.slow = True
    with Router(fake.url, "", timeout=0.2) as router, pytest.raises(GatewayError, match=r"within 0\.2 s"):
        router.route("hi")

    assert len(fake.bodies) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"choices": []}', b'{"choices": [{"message": null}]}'])
def test_what_is_no_answer_is_said(router: Router, fake: Fake, body: bytes) -> None:
    fake.body = body

    with pytest.raises(GatewayError, match="not"):
        router.route("hi")


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http://HOST:PORT"):
        Router("localhost:4000")


def test_a_stream_is_refused_because_whole_answers_are_read(router: Router) -> None:
    with pytest.raises(ValueError, match="whole answers"):
        router.route("hi", stream=True)


def test_one_connection_serves_one_request_after_the_other(router: Router, fake: Fake) -> None:
    for _ in range(3):
        router.route("hi")

    assert len(fake.connections) == 1


def test_a_connection_that_the_gateway_closed_is_not_used_again(router: Router, fake: Fake) -> None:
    fake.hang_up = True
    for _ in range(3):
        assert router.route("hi") == "auth-bug-fix"
        select.select((router._wire._idle[0][1].sock,), (), (), 5)

    assert len(fake.bodies) == len(fake.connections) == 3


def test_threads_share_a_router(router: Router, fake: Fake) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: router.route(f"{number}"), range(40)))

    assert answers == ["auth-bug-fix"] * 40
    assert router.get_cost_summary()["tier_stats"]["local_fast"]["calls"] == 40


def test_the_summary_is_the_gateways_where_it_gives_one(router: Router, fake: Fake) -> None:
    fake.stats = STATS

    summary = router.get_cost_summary()

    assert summary["source"] == "gateway"
    assert (summary["total_cost"], summary["savings_pct"], summary["budget_remaining"]) == (1.25, 90.0, 8.75)
    assert summary["tier_stats"]["local_fast"] == {"calls": 90, "cost": 0.0, "latency_s": 0.2}


def test_the_summary_is_what_this_client_saw_where_it_does_not(router: Router, fake: Fake) -> None:
    router.route("hi")
    fake.status = 429
    with pytest.raises(GatewayError):
        router.route("hi")

    summary = router.get_cost_summary()

    assert (summary["source"], summary["savings_pct"]) == ("client", None)
    assert summary["total_cost"] == pytest.approx(0.00012)
    assert summary["tier_stats"]["local_fast"]["calls"] == 1


def test_the_log_has_a_line_per_request_and_no_text(router: Router, fake: Fake, tmp_path: Path) -> None:
    router.route("a secret prompt", "list_files")
    fake.status = 429
    with pytest.raises(GatewayError):
        router.route("another secret")

    assert router.export_usage_log(tmp_path / "log.jsonl") == 2
    text = (tmp_path / "log.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert [(row["status"], row["action"], row["tier"]) for row in rows] == [
        ("ok", "list_files", "local_fast"),
        ("429", None, None),
    ]
    assert "secret" not in text
    assert "auth-bug-fix" not in text


def test_the_names_that_may_be_asked_for_are_listed(router: Router) -> None:
    assert router.models() == ("auto", "code")
