"""/stats, /metrics, /dashboard and the headers of answers, in a real LiteLLM proxy with thirty days behind it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.ledger import Add, open_ledger
from dreamc.runtime.money import nano
from tests.runtime import month
from tests.runtime.browser import Page, browser, opened
from tests.runtime.policies import desk
from tests.runtime.proxy import Proxy, config, litellm, running
from tests.runtime.upstream import Upstream, upstream

PROGRAM, BROWSER = litellm(), browser()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
    pytest.mark.xdist_group("pages"),
]
READ_KEY = "read-" + "fedcba9876543210" * 3
DOCS = Path(__file__).parents[2] / "docs"
GPT_USD = (1_000 * 2 + 100 * 8) / 1e6
CLAUDE_USD = (1_000 * 3 + 100 * 15) / 1e6
HARD = "architecture_design"


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def past() -> list[dict[str, Any]]:
    return month.rows(datetime.now(UTC).date())


@pytest.fixture(scope="module")
def served(models: Upstream, past: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A gateway that finds a usage log and a ledger of thirty days, and no tally."""
    folder, raw = tmp_path_factory.mktemp("pages"), desk()
    raw["budget"]["daily_usd"] = 20
    raw["aliases"].append("downed")
    raw["members"]["gone"] = {"location": "local", "engine": "vllm", "context": 8192}
    for served in raw["modes"].values():
        served["aliases"]["downed"] = {"routed": False, "members": ["gone", served["aliases"]["code"]["members"][0]]}
    month.write(folder / raw["usage_log"], past)
    ledger = open_ledger(str(folder / "ledger.sqlite"), raw["stack"])
    ledger.apply([Add(provider, nano(usd), day) for (day, provider), usd in month.usd_per_day(past).items()])
    ledger.close()
    variables = {"LITELLM_WORKER_STARTUP_HOOKS": "dream_runtime.pages:install", "DREAM_READ_KEY": READ_KEY}
    assert PROGRAM is not None
    settings = config(raw, "hybrid", models.port, dead=("gone",))
    with running(PROGRAM, folder, settings, json.dumps(raw), variables=variables) as proxy:
        eventually(lambda: sum(row["calls"] for row in stats(proxy)["days"]) >= len(past))
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    models.reset()
    return served


def stats(proxy: Proxy) -> Any:
    return proxy.get("/stats").json


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def dream(headers: dict[str, str]) -> dict[str, str]:
    found = {name.removeprefix("x-dream-"): value for name, value in headers.items() if name.startswith("x-dream-")}
    return {name: value for name, value in found.items() if name != "cache"}


def calls(said: Any) -> dict[str, int]:
    return {row["member"]: row["calls"] for row in said["members"]}


def test_thirty_days_are_counted_from_the_log_where_no_tally_is(
    gateway: Proxy, past: list[dict[str, Any]], models: Upstream
) -> None:
    said = stats(gateway)
    days = {row["time"][:10] for row in past}

    assert {row["day"] for row in said["days"]} == days
    assert (said["first_day"], said["last_day"]) == (min(days), max(days))
    this_month = [row for row in past if row["time"][:7] == max(days)[:7]]
    assert said["cost_this_month_usd"] == pytest.approx(sum(row["usd"] for row in this_month), abs=0.2)
    assert said["budget_left_usd"] == pytest.approx(min(one["left_usd"] for one in said["budgets"]))


def test_every_answer_says_tier_model_reason_attempts_and_cost(gateway: Proxy) -> None:
    answer = gateway.chat("auto", action=HARD)

    told = dream(answer.headers)
    assert told.pop("cost-usd") == f"{GPT_USD:.9f}"
    assert told == {"tier": "api_premium", "model": "gpt", "reason": "action architecture_design", "attempts": "1"}
    assert dream(gateway.chat("auto").headers)["cost-usd"] == "0.000000000"


def test_a_rejected_answer_and_a_dead_server_count_as_attempts_and_the_paid_one_as_cost(
    gateway: Proxy, models: Upstream
) -> None:
    models.says["gpt"] = ""
    rejected = dream(gateway.chat("auto", action=HARD).headers)
    dead = dream(gateway.chat("downed").headers)

    assert (rejected["model"], rejected["attempts"]) == ("claude", "2")
    assert float(rejected["cost-usd"]) == pytest.approx(GPT_USD + CLAUDE_USD)
    assert (dead["model"], dead["attempts"]) == ("quality", "2")


def test_a_stream_says_what_is_known_at_its_start_and_the_log_says_the_cost(gateway: Proxy) -> None:
    answer = gateway.chat("auto", action=HARD, stream=True)
    told = dream(answer.headers)

    assert {"tier", "model", "reason", "attempts"} == set(told)
    log = gateway.folder / "llm_usage.jsonl"
    eventually(lambda: answer.headers["x-litellm-call-id"] in log.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (row,) = [line for line in lines if line.get("id") == answer.headers["x-litellm-call-id"]]
    assert (row["status"], row["served"], row["provider"]) == ("ok", "cloud", "openai")
    assert row["usd"] == pytest.approx(GPT_USD)


def test_the_figures_grow_by_what_the_models_were_asked(gateway: Proxy, models: Upstream) -> None:
    eventually(lambda: stats(gateway) == {**stats(gateway), "time": stats(gateway)["time"]})
    before = stats(gateway)
    for _ in range(5):
        gateway.chat("auto")
    for _ in range(3):
        gateway.chat("auto", action=HARD)
    models.says["gpt"] = None
    gateway.chat("auto", action=HARD)
    models.says.update(dict.fromkeys(("fast", "quality", "gemini", "claude", "gpt"), None))
    gateway.chat("code")

    asked = dict(models.asked)
    eventually(lambda: stats(gateway)["failed_requests"] > before["failed_requests"])
    eventually(lambda: sum(calls(stats(gateway)).values()) - sum(calls(before).values()) == sum(asked.values()))
    after = stats(gateway)
    grown = {name: calls(after)[name] - calls(before).get(name, 0) for name in asked}
    assert grown == asked
    assert after["local_requests"] - before["local_requests"] == 5
    assert after["cloud_requests"] - before["cloud_requests"] == 4
    assert after["failed_requests"] - before["failed_requests"] == 1
    assert after["cost_this_month_usd"] - before["cost_this_month_usd"] == pytest.approx(3 * GPT_USD + CLAUDE_USD)


def test_a_refused_request_is_counted_and_its_reason_is_in_the_log(gateway: Proxy) -> None:
    before = stats(gateway)["refused_requests"]
    refused = gateway.post(
        "/v1/chat/completions",
        {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "user": "nightly"},
        {"x-dream-force": "cloud", "x-dream-action": "inline_completion"},
    )

    assert refused.status == 403
    eventually(lambda: stats(gateway)["refused_requests"] == before + 1)
    lines = [json.loads(line) for line in (gateway.folder / "llm_usage.jsonl").read_text().splitlines()]
    row = next(line for line in reversed(lines) if line["status"].startswith("refused"))
    assert "whitelist" in row["status"]
    assert (row["client"], row["action"], row["alias"]) == ("nightly", "inline_completion", "auto")


def test_savings_name_what_they_are_measured_against(gateway: Proxy) -> None:
    saved = stats(gateway)["savings"]

    assert (saved["reference_model"], saved["reference_tier"]) == ("gpt", "api_premium")
    assert saved["usd_per_mtok"] == {"input": 2, "output": 8}
    assert saved["usd"] == pytest.approx(saved["pure_api_usd"] - saved["paid_usd"])
    assert "Power and hardware" in saved["note"]


@pytest.mark.parametrize("path", ["/stats", "/metrics"])
def test_figures_are_for_the_gateway_key_and_the_read_key_alone(gateway: Proxy, path: str) -> None:
    assert gateway.get(path).status == 200
    assert gateway.get(path, READ_KEY).status == 200
    for wrong in ("", "x", READ_KEY + "x", "Bearer", "sk-" + "0" * 64):
        refused = gateway.get(path, wrong)
        assert refused.status == 401
        assert "calls" not in refused.text
        assert "dream_" not in refused.text
    assert gateway.get(f"{path}?key={READ_KEY}", "").status == 401


def test_the_read_key_opens_no_model(gateway: Proxy, models: Upstream) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}

    assert gateway.post("/v1/chat/completions", body, key=READ_KEY).status == 401
    assert gateway.get("/v1/models", READ_KEY).status == 401
    assert not models.asked


def test_prometheus_reads_counters_that_agree_with_the_figures(gateway: Proxy) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
    answer = gateway.get("/metrics", READ_KEY)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in parser.text_string_to_metric_families(answer.text)}

    said = stats(gateway)
    left = {
        (one.labels["provider"], one.labels["period"]): one.value for one in families["dream_budget_left_usd"].samples
    }
    assert left == {(one["provider"] or "", one["period"]): one["left_usd"] for one in said["budgets"]}
    assert families["dream_requests"].type == "counter"
    assert families["dream_latency_seconds"].type == "histogram"
    total = sum(sample.value for sample in families["dream_requests"].samples)
    assert total >= sum(row["calls"] for row in said["days"])
    counts = {
        s.labels["member"]: s.value for s in families["dream_latency_seconds"].samples if s.name.endswith("_count")
    }
    ends = {
        s.labels["member"]: s.value for s in families["dream_latency_seconds"].samples if s.labels.get("le") == "+Inf"
    }
    assert counts == ends


def test_the_dashboard_is_open_and_brings_nothing_from_elsewhere(gateway: Proxy) -> None:
    answer = gateway.get("/dashboard", "")

    assert answer.status == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in answer.headers["content-security-policy"]
    for outside in ("https://", "src=", "@import", "url("):
        assert outside not in answer.text


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if BROWSER is None:
        pytest.skip("no Chromium on the path, and DREAMC_BROWSER is not set")
    with opened(BROWSER, tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page


def log_in(page: Page, gateway: Proxy, key: str) -> None:
    """As a reader does it: opens the page, types the key, presses the button."""
    page.open(gateway.url + "/dashboard")
    page.run("sessionStorage.clear()")
    page.open(gateway.url + "/dashboard")
    page.wait("!document.getElementById('ask').hidden")
    page.run("document.getElementById('key').focus()")
    page.tell("Input.insertText", text=key)
    page.run("document.querySelector('#ask button').click()")


def test_a_wrong_key_shows_no_figures(tab: Page, gateway: Proxy) -> None:
    log_in(tab, gateway, "guess")
    tab.wait("document.getElementById('wrong').textContent.includes('does not know this key')")

    assert tab.run("document.getElementById('page').hidden")
    assert tab.run("sessionStorage.length") == 0


@pytest.mark.parametrize(
    ("name", "width", "dark"), [("desktop", 1280, False), ("phone", 390, True), ("small", 360, False)]
)
def test_the_dashboard_shows_thirty_days_at_every_width(
    tab: Page, gateway: Proxy, tmp_path: Path, name: str, width: int, dark: bool
) -> None:
    tab.size(width, dark=dark)
    tab.complaints.clear()
    log_in(tab, gateway, READ_KEY)
    tab.wait("document.querySelectorAll('section.card').length >= 9")

    said, shown = stats(gateway), tab.run("document.body.innerText")
    assert f"{said['local_requests']:,}" in shown
    assert f"${said['cost_this_month_usd']:.2f}" in shown
    assert "gpt alone" in shown
    assert tab.run("document.querySelectorAll('[aria-label=\"Calls per day by source\"] g').length") == 30
    tiers = {row["tier"] or "(no tier)" for row in said["tiers"]}
    listed = tab.run(
        "[...document.querySelectorAll('[aria-label=\"Calls per tier\"] g title')].map(t => t.textContent)"
    )
    assert {title.partition(":")[0] for title in listed} == tiers
    rows = tab.run("document.querySelectorAll('details')[0].querySelectorAll('tbody tr').length")
    assert rows == len(said["days"])
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run("location.href") == gateway.url + "/dashboard"
    assert tab.run("JSON.stringify({...localStorage}) + document.cookie") == "{}"
    assert [one for one in tab.complaints if "favicon" not in one] == []
    wanted = os.environ.get("DREAMC_SCREENSHOTS") and name != "small"
    picture = (DOCS if wanted else tmp_path) / f"dashboard-{name}.png"
    tab.picture(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_key_is_forgotten_when_it_is_asked_to_be(tab: Page, gateway: Proxy) -> None:
    log_in(tab, gateway, READ_KEY)
    tab.wait("!document.getElementById('page').hidden")
    tab.run("document.getElementById('leave').click()")

    assert tab.run("sessionStorage.length") == 0
    assert tab.run("document.getElementById('grid').children.length") == 0
