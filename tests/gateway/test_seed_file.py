"""From the file to the client: profiles, capabilities, the tests of the file, and `dreamc.client`, each in a gateway
that was compiled and started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dreamc.client import GatewayError, Router
from dreamc.compiler import Request, emit, resolve
from dreamc.errors import DreamError
from dreamc.gateway import bundle
from dreamc.gateway.ask import Gate, ask, fetch
from dreamc.gateway.process import Proxy
from dreamc.gateway.reach import through_upstream
from dreamc.gateway.upstream import Upstream
from dreamc.spec import routing

pytestmark = [pytest.mark.gateway, pytest.mark.slow, pytest.mark.xdist_group("seed-file")]
FILE = """\
dream: 1
name: seeds
profile: {profile}
hardware: {{box: {{gpus: 2 x rtx-3090}}}}
models:
  fast: {{source: "ollama:qwen2.5-coder:3b", context: 4k, tier: fast}}
  other: {{source: "ollama:llama3.2:3b", context: 4k, tier: fast}}
providers:
  anthropic: {{key: env://ANTHROPIC_API_KEY, models: {{claude: {{id: claude-sonnet-5-5, tier: dear}}}}}}
fallbacks: {{chains: {{auto: routed, code: [fast, claude]}}}}
capabilities:
  summaries: {{models: [fast, other], strategy: priority}}
  chats: {{models: [fast, other], strategy: load_balance}}
whitelist:
  cloud_apis: [anthropic.com]
  allowed_for_cloud: {{design: true, chat: false}}
routing:
  tiers: [fast, dear]
  actions: {{design: dear, list_files: fast}}
tests:
  - {{ask: "list them", action: list_files, expect: {{tier: fast, location: local}}}}
  - {{ask: "draw the big picture", action: design, expect: {{model: claude}}}}
  - {{ask: "draw the big picture", action: design, force: local, expect: {{location: local}}}}
  - {{ask: "draw the big picture", action: chat, force: cloud, expect: {{refused: 403}}}}
  - {{ask: "x", alias: code, action: design, force: cloud, expect: {{members: [claude]}}}}
  - {{ask: "x", alias: code, action: design, max_cost: 0.000001 USD, expect: {{model: fast}}}}
  - {{ask: "x", alias: code, action: design, force: cloud, max_cost: 0.000001 USD, expect: {{refused: 403}}}}
"""
SCORES = {"moderate": ("redesign it, fix the bug", ""), "complex": ("redesign it, explain", "word " * 1_100)}
"""Prompts that score 0.5 and 0.6, and what was said before them."""


@dataclass(frozen=True)
class Served:
    gate: Gate
    tests: tuple[routing.Test, ...]


@pytest.fixture(scope="module", params=["conservative", "balanced", "performance"])
def profiled(
    request: pytest.FixtureRequest, session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Served]]:
    yield from ((request.param, served) for served in running(request.param, session_upstream, tmp_path_factory))


@pytest.fixture(scope="module")
def balanced(session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from running("balanced", session_upstream, tmp_path_factory)


def running(profile: str, upstream: Upstream, temporary: pytest.TempPathFactory) -> Iterator[Served]:
    folder = temporary.mktemp("seed-file")
    (folder / "dream.yaml").write_text(FILE.format(profile=profile))
    found = resolve(Request(folder / "dream.yaml", None, {}, date(2026, 11, 20)))
    assert found.stack is not None, found.findings
    assert found.dream is not None
    (made,) = emit(found.stack)
    for artifact in made.artifacts:
        path = folder / "box" / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text)
    compiled = bundle.load(folder / "box", "hybrid")
    config = through_upstream(compiled.config, upstream.url)
    with Proxy(bundle.launch(compiled, config, folder / "work", bundle.Secrets(os.environ))) as proxy:
        yield Served(Gate(proxy.url, proxy.key), found.dream.tests)


def test_each_profile_sends_to_the_cloud_from_its_own_score_on(
    profiled: tuple[str, Served], upstream: Upstream
) -> None:
    profile, served = profiled
    locations = {name: where(served.gate, *asked) for name, asked in SCORES.items()}

    assert (
        locations
        == {
            "conservative": {"moderate": "fast", "complex": "fast"},
            "balanced": {"moderate": "fast", "complex": "claude"},
            "performance": {"moderate": "claude", "complex": "claude"},
        }[profile]
    )
    budgets = {row["period"]: row["limit_usd"] for row in fetch(served.gate, "/stats")["budgets"]}
    assert budgets == {"month": {"conservative": 10, "balanced": 50, "performance": 200}[profile]}


def where(gate: Gate, text: str, said: str) -> str:
    earlier = [{"role": "system", "content": said}] if said else []
    messages = [*earlier, {"role": "user", "content": text}]
    return str(ask(gate, "auto", text, messages=messages, cache={"no-cache": True}).headers["x-dream-model"])


def test_a_capability_with_priority_is_always_answered_by_its_first_model(balanced: Served, upstream: Upstream) -> None:
    seen = {ask(balanced.gate, "summaries", f"sum up {n}").headers["x-dream-model"] for n in range(6)}

    assert seen == {"fast"}


def test_a_capability_with_load_balance_is_answered_by_all_of_its_models(balanced: Served, upstream: Upstream) -> None:
    seen = Counter(ask(balanced.gate, "chats", f"chat {n}").headers["x-dream-model"] for n in range(30))

    assert set(seen) == {"fast", "other"}


def test_the_tests_of_the_file_come_true_in_the_gateway(balanced: Served, upstream: Upstream) -> None:
    for test in balanced.tests:
        status, headers = answered(balanced.gate, test)
        wanted = test.expect
        assert status == (wanted.refused or 200), test
        if status == 200:
            model = headers["x-dream-model"]
            assert wanted.model in (None, model), test
            assert wanted.tier in (None, headers.get("x-dream-tier")), test
            assert wanted.location in (None, "cloud" if model == "claude" else "local"), test
            assert wanted.members is None or wanted.members[0] == model, test


def answered(gate: Gate, test: routing.Test) -> tuple[int, Any]:
    """Status and headers of the same request, sent to the gateway."""
    metadata: dict[str, Any] = {"action_type": test.action} if test.action else {}
    metadata |= {f"force_{test.force}": True} if test.force else {}
    metadata |= {"max_cost_usd": float(test.max_cost.amount)} if test.max_cost else {}
    try:
        reply = ask(gate, test.alias or "auto", test.ask, metadata=metadata, cache={"no-cache": True})
    except DreamError as error:
        return int(error.what.partition("answered ")[2][:3]), {}
    return 200, reply.headers


def test_dreamc_route_prints_tier_model_cost_and_latency(balanced: Served, upstream: Upstream) -> None:
    environment = {**os.environ, "DREAM_GATEWAY_KEY": balanced.gate.key}
    command = [sys.executable, "-m", "dreamc", "route", "list all files", "--action", "list_files", "--quality-check"]
    done = subprocess.run(
        [*command, "--gateway", balanced.gate.url], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "=== Response ===" in done.stdout
    told = dict(line.split(": ", 1) for line in done.stdout.partition("=== Routing ===")[2].split("\n") if ": " in line)
    assert (told["Tier"], told["Model"], told["Cost"]) == ("fast", "fast", "$0.000000")
    assert told["Latency"].endswith("ms")


def test_stats_say_what_the_seeds_said(balanced: Served, upstream: Upstream) -> None:
    ask(balanced.gate, "auto", "draw", metadata={"action_type": "design"}, cache={"no-cache": True})
    ask(balanced.gate, "auto", "list", metadata={"action_type": "list_files"}, cache={"no-cache": True})

    deadline = time.monotonic() + 15
    while not (told := fetch(balanced.gate, "/stats"))["cloud_requests"] or not told["local_requests"]:
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    assert told["cost_this_month_usd"] > 0
    assert told["cost_this_month_usd"] + told["budget_left_usd"] == pytest.approx(50)
    assert told["savings"]["usd"] > 0


def test_the_client_routes_checks_sums_up_and_exports(balanced: Served, upstream: Upstream, tmp_path: Path) -> None:
    with Router(balanced.gate.url, key=balanced.gate.key) as router:
        answer = router.route("draw the big picture", "design")
        assert (answer.stats.tier, answer.stats.model) == ("dear", "claude")
        text, decision, _, stats = router.route_with_quality_check("list all files", "list_files")
        assert text
        assert decision.model.name == "fast"
        assert sum(one.cost or 0.0 for one in stats) == 0
        summary = router.get_cost_summary()
        assert (summary["total_cost"] or 0.0) >= (answer.stats.cost or 0.0) > 0
        assert router.export_usage_log(tmp_path / "usage.jsonl") == 2
        with pytest.raises(GatewayError):
            router.route("x", "chat", metadata={"force_cloud": True})
    assert len([json.loads(line) for line in (tmp_path / "usage.jsonl").read_text().splitlines()]) == 2
