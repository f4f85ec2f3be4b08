"""The policy in a real LiteLLM proxy, against a fake upstream that counts what it was asked."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.purse import FRESH_S
from tests.runtime.policies import desk
from tests.runtime.proxy import CONFIG, KEY, Proxy, Reply, config, free_port, lay_out, litellm, running, start
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
ARCHITECTURE = "architecture_design"
PREMIUM_USD = (1_000 * 2 + 100 * 8) / 1_000_000
CHAT_BODY = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


def stack() -> dict[str, Any]:
    """The desk policy, with an alias whose first member is down, and cloud chains."""
    raw = desk()
    raw["aliases"] = ["auto", "code", "downed", "gpt", "paid"]
    raw["members"]["gone"] = {"location": "local", "engine": "vllm", "context": 8192}
    raw["members"]["foreign"] = {**raw["members"]["gpt"], "domain": "api.foreign.example", "provider": "foreign"}
    for mode, served in raw["modes"].items():
        rest = [] if mode == "local" else ["gpt"]
        chains = {"downed": ["gone", "fast"], "gpt": ["foreign", *rest], "paid": [*rest, "quality"]}
        if mode == "local":
            chains["gpt"] = ["fast"]
        served["aliases"] |= {name: {"routed": False, "members": chain} for name, chain in chains.items()}
    return raw


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def served(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    raw = stack()
    folder = tmp_path_factory.mktemp("gateway")
    assert PROGRAM is not None
    with running(PROGRAM, folder, config(raw, "hybrid", models.port, dead=("gone",)), json.dumps(raw)) as proxy:
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    """The running gateway with an untouched budget and models that answer."""
    models.reset()
    if rows(served):
        spend(served, 0)
    settle(served)
    spend(served, 0)
    models.reset()
    return served


def settle(proxy: Proxy) -> None:
    """Waits until the calls of earlier tests are booked and no member is cooled down; LiteLLM logs in order."""
    for alias, member in (("auto", "fast"), ("code", "quality"), ("paid", "gpt")):
        eventually(partial(answers, proxy, alias, member))
    mark = f"settle-{time.monotonic_ns()}"
    proxy.chat("code", action=mark)
    eventually(lambda: any(row["action"] == mark for row in rows(proxy)))


def answers(proxy: Proxy, alias: str, member: str) -> bool:
    return proxy.chat(alias).said == f"from {member}"


def ledger(proxy: Proxy) -> sqlite3.Connection:
    return sqlite3.connect(proxy.folder / "ledger.sqlite", timeout=10)


def spend(proxy: Proxy, usd: float) -> None:
    """Makes `usd` the whole of what was spent, and waits until the gateway must have seen it."""
    today = datetime.now(UTC).date().isoformat()
    with closing(ledger(proxy)) as database, database:
        database.execute("DELETE FROM days")
        database.execute("DELETE FROM reserved")
        database.execute("INSERT INTO days VALUES (?, 'openai', ?, 0, 0, 1)", (today, round(usd * 1e9)))
    time.sleep(FRESH_S)


def spent(proxy: Proxy) -> float:
    """What was settled; nothing is in flight or in doubt."""
    with closing(ledger(proxy)) as database:
        settled, other = database.execute("SELECT SUM(settled), SUM(doubt + held) FROM days").fetchone()
    return float(settled) / 1e9 if not other else float("nan")


def rows(proxy: Proxy) -> list[dict[str, Any]]:
    file = proxy.folder / "llm_usage.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def eventually(holds: Callable[[], bool]) -> None:
    """LiteLLM logs in the background: waits until it has."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def streamed(reply: Reply) -> str:
    events = [line[6:] for line in reply.text.splitlines() if line.startswith("data: {")]
    choices = [choice for event in events for choice in json.loads(event).get("choices", [])]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def test_the_models_listed_are_exactly_the_aliases(gateway: Proxy) -> None:
    listed = gateway.get("/v1/models").json["data"]

    assert [model["id"] for model in listed] == ["auto", "code", "downed", "gpt", "paid"]


@pytest.mark.parametrize(
    ("action", "model", "tier"),
    [
        ("inline_completion", "fast", "local_fast"),
        ("code_review", "gemini", "api_cheap"),
        (ARCHITECTURE, "gpt", "api_premium"),
        (None, "quality", "local_quality"),
    ],
)
def test_an_action_in_the_header_chooses_the_tier(gateway: Proxy, action: str | None, model: str, tier: str) -> None:
    reply = gateway.chat("auto", "redesign the payment architecture", action)

    assert reply.said == f"from {model}"
    assert (reply.headers["x-dream-tier"], reply.headers["x-dream-model"]) == (tier, model)
    assert (action or "score 0.3") in reply.headers["x-dream-reason"]


def test_an_action_in_the_metadata_chooses_the_tier_and_stays_here(gateway: Proxy, models: Upstream) -> None:
    reply = gateway.chat("auto", metadata={"action_type": ARCHITECTURE})

    assert reply.said == "from gpt"
    assert "metadata" not in models.bodies[0]


def test_a_stream_is_routed_and_headed_like_any_answer(gateway: Proxy) -> None:
    reply = gateway.chat("auto", action=ARCHITECTURE, stream=True)

    assert streamed(reply) == "fromgpt"
    assert reply.headers["x-dream-model"] == "gpt"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {**CHAT_BODY, "max_tokens": 10}),
        ("/v1/messages", {**CHAT_BODY, "max_tokens": 10, "stream": True}),
        ("/v1/completions", {"model": "auto", "prompt": "hi"}),
        ("/v1/responses", {"model": "auto", "input": "hi"}),
        ("/v1/embeddings", {"model": "auto", "input": "hi"}),
    ],
)
def test_other_kinds_of_requests_obey_action_and_budget_too(
    gateway: Proxy, models: Upstream, path: str, body: dict[str, Any]
) -> None:
    action = {"x-dream-action": ARCHITECTURE}
    assert gateway.post(path, body, action).status == 200
    assert models.asked == {"gpt": 1}

    spend(gateway, 50)
    assert gateway.post(path, body, action).status == 200
    assert models.asked == {"gpt": 1, "quality": 1}


def test_a_used_up_budget_cuts_the_cloud_and_local_goes_on(gateway: Proxy, models: Upstream) -> None:
    spend(gateway, 50)

    assert gateway.chat("auto", action=ARCHITECTURE).said == "from quality"
    assert gateway.chat("paid").said == "from quality"
    assert "gpt" not in models.asked


def test_a_budget_that_runs_out_between_two_hops_cuts_the_second(gateway: Proxy, models: Upstream) -> None:
    models.says["quality"] = models.says["fast"] = None
    models.on_request = lambda model: spend(gateway, 50) if model == "fast" else None

    reply = gateway.chat("code")

    assert reply.status >= 400
    assert models.asked == {"quality": 1, "fast": 1}


def test_what_the_cloud_answered_is_in_the_ledger_and_in_the_log(gateway: Proxy) -> None:
    before = len(rows(gateway))
    gateway.chat("auto", "a secret prompt", action=ARCHITECTURE)
    gateway.chat("auto", action=ARCHITECTURE, stream=True)
    eventually(lambda: len(rows(gateway)) >= before + 2)

    assert spent(gateway) == pytest.approx(2 * PREMIUM_USD)
    row = rows(gateway)[before]
    assert {name: row[name] for name in ("alias", "tier", "member", "location", "action", "status", "usd")} == {
        "alias": "auto",
        "tier": "api_premium",
        "member": "gpt",
        "location": "cloud",
        "action": ARCHITECTURE,
        "status": "ok",
        "usd": PREMIUM_USD,
    }
    assert "secret" not in (gateway.folder / "llm_usage.jsonl").read_text()


def test_a_ledger_that_cannot_be_written_closes_the_cloud_until_it_can(gateway: Proxy) -> None:
    with closing(ledger(gateway)) as blocker:
        blocker.isolation_level = None
        blocker.execute("BEGIN IMMEDIATE")
        assert gateway.chat("auto", action=ARCHITECTURE).said == "from quality"
        blocker.execute("ROLLBACK")

    eventually(lambda: gateway.chat("auto", action=ARCHITECTURE).said == "from gpt")
    eventually(lambda: spent(gateway) == pytest.approx(PREMIUM_USD))


def test_a_domain_outside_the_whitelist_is_never_called(gateway: Proxy, models: Upstream) -> None:
    assert gateway.chat("gpt").said == "from gpt"
    assert "foreign" not in models.asked


def test_a_task_kept_from_the_cloud_does_not_fall_back_there(gateway: Proxy, models: Upstream) -> None:
    models.says["quality"] = models.says["fast"] = None

    reply = gateway.chat("code", action="simple_completion")

    assert reply.status >= 400
    assert set(models.asked) == {"quality", "fast"}


def test_a_task_kept_from_the_cloud_is_forbidden_where_only_the_cloud_could_answer(gateway: Proxy) -> None:
    reply = gateway.chat("gpt", action="simple_completion")

    assert reply.status == 403
    assert "the whitelist keeps simple_completion away from the cloud" in reply.text


@pytest.mark.parametrize("stream", [False, True])
def test_an_empty_answer_is_asked_of_the_next_member(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says["quality"] = ""

    reply = gateway.chat("code", stream=stream)

    assert (streamed(reply) if stream else reply.said).replace(" ", "") == "fromfast"
    assert models.asked == {"quality": 1, "fast": 1}


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_not_the_json_asked_for_goes_on(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says |= {"quality": "Sure!", "fast": '{"a":1}'}

    reply = gateway.chat("code", stream=stream, response_format={"type": "json_object"})

    assert (streamed(reply) if stream else reply.said) == '{"a":1}'
    assert models.asked == {"quality": 1, "fast": 1}


@pytest.mark.parametrize("stream", [False, True])
def test_when_every_member_answers_nothing_the_client_is_told(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    models.says |= {"gone": "", "fast": "", "quality": "", "gemini": "", "claude": ""}

    reply = gateway.chat("code", stream=stream)

    assert "error" in reply.text
    assert models.asked == {"quality": 1, "fast": 1, "gemini": 1, "claude": 1}


@pytest.mark.parametrize("stream", [False, True])
def test_a_member_whose_answer_was_rejected_is_not_asked_twice(
    gateway: Proxy, models: Upstream, *, stream: bool
) -> None:
    models.says["quality"] = None
    for _ in range(3):
        gateway.chat("code")
    models.asked.clear()
    models.says["fast"] = ""

    reply = gateway.chat("code", stream=stream)

    assert (streamed(reply) if stream else reply.said).replace(" ", "") == "fromgemini"
    assert models.asked == {"fast": 1, "gemini": 1}


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
def test_clients_of_either_make_are_let_in(gateway: Proxy, header: str) -> None:
    value = KEY if header == "x-api-key" else f"Bearer {KEY}"

    assert gateway.post("/v1/messages", {**CHAT_BODY, "max_tokens": 5}, {header: value}, key="").status == 200


def test_empty_answers_do_not_close_a_model_for_everybody(gateway: Proxy, models: Upstream) -> None:
    models.says["quality"] = ""
    for _ in range(4):
        gateway.chat("code")
    models.says.clear()

    assert gateway.chat("code").said == "from quality"


@pytest.mark.parametrize("stream", [False, True])
def test_a_rejected_paid_answer_is_still_billed(gateway: Proxy, models: Upstream, *, stream: bool) -> None:
    models.says["gpt"] = ""
    reply = gateway.chat("paid", stream=stream)

    assert (streamed(reply) if stream else reply.said).replace(" ", "") == "fromquality"
    eventually(lambda: spent(gateway) > 0)
    assert spent(gateway) == pytest.approx(PREMIUM_USD)


def test_a_member_that_is_down_is_passed_over(gateway: Proxy) -> None:
    for _ in range(3):
        assert gateway.chat("downed").said == "from fast"


def test_a_member_that_fails_is_passed_over(gateway: Proxy, models: Upstream) -> None:
    models.says["gpt"] = None

    assert gateway.chat("auto", action=ARCHITECTURE).said == "from claude"


@pytest.mark.parametrize(
    "model",
    [
        "gpt@openai",
        "gpt@openai.0",
        "hosted_vllm/gpt",
        "openai/gpt-4o",
        "tier:api_premium",
        "fast@local",
        "auto,code",
        "unknown",
        "",
    ],
)
def test_a_name_that_is_no_alias_is_refused(gateway: Proxy, models: Upstream, model: str) -> None:
    assert 400 <= gateway.chat(model).status < 500
    assert not models.asked


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/embeddings", "/v1/messages", "/v1/responses"])
def test_a_deployment_is_refused_on_every_path(gateway: Proxy, models: Upstream, path: str) -> None:
    body = {**CHAT_BODY, "model": "gpt@openai.0", "input": "hi", "prompt": "hi", "max_tokens": 5}

    assert 400 <= gateway.post(path, body).status < 500
    assert not models.asked


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/chat/completions",
        "/openai/deployments/auto/chat/completions",
        "/engines/auto/chat/completions",
        "/anthropic/v1/messages",
        "/vllm/v1/chat/completions",
        "/gemini/v1beta/models/gemini:generateContent",
        "/key/generate",
        "/model/new",
        "/v1/batches",
        "/v1/images/generations",
    ],
)
def test_pass_through_and_administration_are_closed(gateway: Proxy, models: Upstream, path: str) -> None:
    reply = gateway.post(path, CHAT_BODY)

    assert reply.status in {401, 403, 404, 405}
    assert not models.asked


def test_the_health_page_that_calls_every_model_is_closed(gateway: Proxy, models: Upstream) -> None:
    assert gateway.get("/health").status == 403
    assert gateway.get("/health/liveliness").status == 200
    assert not models.asked


@pytest.mark.parametrize("key", ["sk-wrong", "", KEY[:-1], f"{KEY} "[:-2]])
def test_a_wrong_key_is_refused(gateway: Proxy, key: str) -> None:
    assert gateway.post("/v1/chat/completions", CHAT_BODY, key=key).status == 401


@pytest.mark.parametrize(
    "steering",
    [
        {"fallbacks": ["paid"]},
        {"context_window_fallbacks": [{"code": ["paid"]}]},
        {"mock_response": "free words"},
        {"extra_body": {"model": "gpt"}},
        {"model_info": {"dream_member": "fast"}},
        {"metadata": {"dream": {"members": ["gpt"]}}},
        {"litellm_metadata": {"dream": {"members": ["gpt"]}}},
    ],
)
def test_a_client_cannot_steer(gateway: Proxy, models: Upstream, steering: dict[str, Any]) -> None:
    models.says["quality"] = models.says["fast"] = None

    reply = gateway.chat("code", action="simple_completion", **steering)

    assert reply.status >= 400
    assert set(models.asked) <= {"quality", "fast"}


def test_a_malformed_action_is_the_clients_to_mend(gateway: Proxy) -> None:
    reply = gateway.chat("auto", action="x" * 65)

    assert reply.status == 400
    assert "the action is up to 64" in reply.text


def test_a_poisoned_policy_stops_the_proxy_at_its_start(models: Upstream, tmp_path: Path) -> None:
    raw = stack()
    settings = config(raw, "hybrid", models.port)
    raw["actions"]["edit_file"] = "no_such_tier"
    assert PROGRAM is not None
    process = start(PROGRAM, tmp_path, settings, json.dumps(raw), "hybrid", free_port())

    assert process.wait(120) != 0
    assert "policy.json $.actions.edit_file: 'no_such_tier' is not a tier" in (tmp_path / "proxy.log").read_text()


def test_the_call_that_spends_the_rest_is_the_last_one_to_the_cloud(gateway: Proxy, models: Upstream) -> None:
    spend(gateway, 50 - PREMIUM_USD)
    assert gateway.chat("paid").said == "from quality", "without a limit of its own it may cost more than is left"
    assert gateway.chat("paid", max_tokens=100).said == "from gpt"
    eventually(lambda: spent(gateway) >= 50)

    assert gateway.chat("paid", max_tokens=100).said == "from quality"
    assert models.asked["gpt"] == 1


def test_hooks_share_one_state_and_calls_round_the_door_never_reach_the_cloud(models: Upstream, tmp_path: Path) -> None:
    models.reset()
    raw = stack()
    environment = lay_out(tmp_path, config(raw, "hybrid", models.port), json.dumps(raw), "hybrid")
    assert PROGRAM is not None
    interpreter = Path(PROGRAM).with_name("python")
    calls = ("fast@desk.0", "code", "tier:api_premium", "gpt@openai.0", "gpt@openai", "hosted_vllm/gpt", "gpt")
    found = subprocess.run(
        [interpreter, Path(__file__).with_name("round_the_door.py"), tmp_path / CONFIG, *calls],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    report = json.loads(found.stdout.splitlines()[-1])
    assert report["shared"] is True
    assert [report["calls"][name] for name in calls[:3]] == ["from fast", "from quality", "from quality"]
    assert all(report["calls"][name].endswith("Error") for name in calls[3:])
    assert set(models.asked) == {"fast", "quality"}
