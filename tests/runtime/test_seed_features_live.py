"""What the four routers of the seeds could do, each asked of one running LiteLLM proxy."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dreamc.runtime.ledger import Add, open_ledger
from dreamc.runtime.money import nano
from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, Reply, config, litellm, running
from tests.runtime.test_plugin_live import spend, streamed
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.xdist_group("seeds"),
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
COMPLEX = ("redesign it, explain", "word " * 1_100)
VERY_COMPLEX = ("redesign it, fix the bug", "word " * 2_500)
"""A prompt, and what was said before it: scores of 0.6 to 0.8, and above."""
both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def alerts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook, and what it was told."""
    with webhook() as found:
        yield found


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alert", told
    finally:
        server.shutdown()
        server.server_close()


def stack() -> dict[str, Any]:
    raw = desk()
    raw["aliases"] = ["auto", "code", "local_first", "cloud_first", "clouds", "asked_again"]
    raw["cot_prompt"] = "Think step by step."
    raw["cache"] = {"ttl_s": 1}
    chains = {
        "local_first": ["quality", "fast", "gpt"],
        "cloud_first": ["gpt", "quality", "fast"],
        "clouds": ["gpt"],
        "asked_again": ["quality"],
    }
    for mode, served in raw["modes"].items():
        held = {name: ["fast"] for name in chains} if mode == "local" else chains
        served["aliases"] |= {name: {"routed": False, "members": chain} for name, chain in held.items()}
    return raw


@pytest.fixture(scope="module")
def served(
    models: Upstream, alerts: tuple[str, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    raw, folder = stack(), tmp_path_factory.mktemp("gateway")
    settings = config(raw, "hybrid", models.port)
    settings["router_settings"] |= {"disable_cooldowns": True}
    kept = {"type": "local", "ttl": 1, "supported_call_types": ["acompletion"]}
    settings["litellm_settings"] |= {"cache": True, "cache_params": kept}
    (folder / raw["usage_log"]).symlink_to("/dev/full")
    variables = {"DREAM_ALERT_WEBHOOK": alerts[0]}
    assert PROGRAM is not None
    with running(PROGRAM, folder, settings, json.dumps(raw), variables=variables) as proxy:
        assert ask(proxy, "clouds").status == 200
        eventually((folder / "ledger.sqlite").exists)
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    models.reset()
    spend(served, 0)
    models.reset()
    return served


def ask(proxy: Proxy, alias: str, text: str = "hi", action: str = "", **more: Any) -> Reply:
    """One chat; `said` is an earlier message, everything else goes into the body. Nothing kept is given again."""
    earlier = [{"role": "system", "content": more.pop("said")}] if "said" in more else []
    headers = {"x-dream-cache": "off", **more.pop("headers", {})}
    body = {"model": alias, "messages": [*earlier, {"role": "user", "content": text}], **more}
    return proxy.post("/v1/chat/completions", body, headers | ({"x-dream-action": action} if action else {}))


def who(reply: Reply) -> str:
    return reply.headers["x-dream-model"] if reply.status == 200 else f"{reply.status} {reply.text}"


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("text", "said", "model", "tier"),
    [
        ("What is two and two?", "", "fast", "local_fast"),
        ("redesign it", "", "quality", "local_quality"),
        (*COMPLEX, "gemini", "api_cheap"),
        (*VERY_COMPLEX, "gpt", "api_premium"),
    ],
    ids=["simple", "moderate", "complex", "very complex"],
)
def test_the_complexity_score_chooses_among_the_four_tiers(
    gateway: Proxy, text: str, said: str, model: str, tier: str
) -> None:
    reply = ask(gateway, "auto", text, said=said)

    assert (who(reply), reply.headers["x-dream-tier"]) == (model, tier), reply.headers["x-dream-reason"]
    assert reply.headers["x-dream-reason"].startswith("score ")


@pytest.mark.parametrize(
    ("left", "cheap", "premium"), [(10.0, "gemini", "gpt"), (3.0, "gemini", "quality"), (0.5, "quality", "quality")]
)
def test_a_tier_that_wants_more_budget_left_steps_aside_for_the_one_named_instead(
    gateway: Proxy, left: float, cheap: str, premium: str
) -> None:
    spend(gateway, 50 - left)

    for (text, said), model in ((COMPLEX, cheap), (VERY_COMPLEX, premium)):
        assert who(ask(gateway, "auto", text, said=said, max_tokens=50)) == model


def test_the_local_stand_in_thinks_step_by_step_when_the_budget_is_gone(gateway: Proxy, models: Upstream) -> None:
    spend(gateway, 50)

    assert who(ask(gateway, "auto", VERY_COMPLEX[0], action="architecture_design")) == "quality"
    assert models.bodies[0]["messages"][0] == {"role": "system", "content": "Think step by step."}


@both
@pytest.mark.parametrize("by", ["header", "metadata"])
def test_force_local(gateway: Proxy, models: Upstream, by: str, *, stream: bool) -> None:
    forced = {"headers": {"x-dream-force": "local"}} if by == "header" else {"metadata": {"force_local": True}}

    assert who(ask(gateway, "cloud_first", stream=stream, **forced)) == "quality"
    assert ask(gateway, "clouds", stream=stream, **forced).status == 403
    assert "gpt" not in models.asked


@both
@pytest.mark.parametrize("by", ["header", "metadata"])
def test_force_cloud(gateway: Proxy, models: Upstream, by: str, *, stream: bool) -> None:
    forced = {"headers": {"x-dream-force": "cloud"}} if by == "header" else {"metadata": {"force_cloud": True}}

    assert who(ask(gateway, "local_first", stream=stream, **forced)) == "gpt"
    refused = ask(gateway, "local_first", action="simple_completion", stream=stream, **forced)
    assert (refused.status, "keeps simple_completion away from the cloud" in refused.text) == (403, True)
    assert set(models.asked) == {"gpt"}


def test_local_only_and_cloud_only_exclude_each_other(gateway: Proxy, models: Upstream) -> None:
    assert ask(gateway, "code", metadata={"force_local": True, "force_cloud": True}).status == 400
    assert not models.asked


@both
@pytest.mark.parametrize("by", ["header", "metadata"])
def test_max_cost(gateway: Proxy, models: Upstream, by: str, *, stream: bool) -> None:
    def limit(usd: float) -> dict[str, Any]:
        named = {"headers": {"x-dream-max-cost-usd": str(usd)}}
        return named if by == "header" else {"metadata": {"max_cost_usd": usd}}

    assert who(ask(gateway, "cloud_first", stream=stream, **limit(1.0))) == "gpt"
    assert who(ask(gateway, "cloud_first", stream=stream, **limit(0.000_001))) == "quality"
    refused = ask(gateway, "clouds", stream=stream, **limit(0.000_001))
    assert (refused.status, "may cost more than" in refused.text) == (403, True)
    assert models.asked == {"gpt": 1, "quality": 1}


@both
def test_a_chain_that_is_local_first_goes_to_the_cloud_only_when_all_that_is_local_fails(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    for broken, model in ((set(), "quality"), ({"quality"}, "fast"), ({"quality", "fast"}, "gpt")):
        models.statuses = dict.fromkeys(broken, 503)
        reply = ask(gateway, "local_first", stream=stream)
        assert (streamed(reply) if stream else reply.said).replace(" ", "") == f"from{model}"


@both
def test_a_chain_that_is_cloud_first_falls_back_to_local_when_the_cloud_is_rate_limited_or_down(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    assert who(ask(gateway, "cloud_first", stream=stream)) == "gpt"
    for status in (429, 503):
        models.statuses["gpt"] = status
        reply = ask(gateway, "cloud_first", stream=stream)
        assert (streamed(reply) if stream else reply.said).replace(" ", "") == "fromquality"


def test_an_alert_is_posted_once_when_the_share_of_the_budget_is_reached(
    gateway: Proxy, alerts: tuple[str, list[dict[str, Any]]]
) -> None:
    spend(gateway, 41)
    for _ in range(3):
        ask(gateway, "clouds")

    told = alerts[1]
    eventually(lambda: any(one["event"] == "budget_alert" for one in told))
    assert [one["event"] for one in told].count("budget_alert") == 1
    assert "of 50.00 USD are spent of the monthly budget" in told[0]["text"]


def test_a_kept_answer_is_forgotten_after_its_ttl(gateway: Proxy, models: Upstream) -> None:
    def kept(said: str) -> str:
        return gateway.chat("asked_again", said).headers["x-dream-cache"]

    assert kept("kept for a second") == "miss"
    assert kept("kept for a second") == "hit"
    eventually(lambda: kept("kept for a second") == "miss")
    assert models.asked["quality"] == 2


def test_a_full_disk_under_the_usage_log_stops_nobody_and_is_said_once(gateway: Proxy) -> None:
    for _ in range(3):
        assert who(ask(gateway, "local_first")) == "quality"

    log = gateway.folder / "proxy.log"
    eventually(lambda: "No space left on device" in log.read_text())
    assert log.read_text().count("No space left on device") == 1


def test_a_clock_that_jumps_back_over_a_month_end_opens_no_budget_and_is_said(gateway: Proxy) -> None:
    """For the gateway, that is a ledger whose day is ahead of its clock."""
    ledger, ahead = open_ledger(str(gateway.folder / "ledger.sqlite"), "hybrid"), datetime.now(UTC) + timedelta(days=40)
    spend(gateway, 0)
    ledger.set_day(ahead.date().isoformat())
    try:
        eventually(lambda: who(ask(gateway, "clouds", max_tokens=50)) == "gpt")
        eventually(lambda: any(day.day == ahead.date().isoformat() for day in ledger.days("2000-01-01", "9999-01-01")))
        eventually(lambda: "budgets count on that day" in (gateway.folder / "proxy.log").read_text())
        ledger.apply([Add("openai", nano(50), ahead.date().isoformat())])
        eventually(lambda: ask(gateway, "clouds", max_tokens=50).status == 429)
    finally:
        ledger.set_day(datetime.now(UTC).date().isoformat())
        ledger.close()
