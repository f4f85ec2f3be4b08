"""Whitelist, kept answers and MCP at a running gateway: edits count without a restart, and nothing crosses a line."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from dreamc.backends.litellm.mcp import mcp_servers
from dreamc.runtime.edits import Change
from dreamc.runtime.edits_file import EDITS, Reason, edit
from dreamc.runtime.types import Whitelist
from dreamc.stack.types import McpServer
from tests.runtime.policies import desk, policy
from tests.runtime.proxy import KEY, Proxy, Reply, config, free_port, litellm, running
from tests.runtime.test_whitelist_server import Bundle, bundle_in, serving
from tests.runtime.upstream import Upstream, upstream
from tests.unit.backends.stacks import stack as compiled

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
CALLS = ["acompletion", "aembedding", "atext_completion"]
CACHE = {"cache": True, "cache_params": {"type": "local", "ttl": 600, "supported_call_types": CALLS}}
CLOSED = (
    *(
        "/openai/v1/chat/completions",
        "/openai_passthrough/v1/models",
        "/anthropic/v1/messages",
        "/gemini/v1beta/models",
    ),
    *("/vertex_ai/v1/projects", "/bedrock/model/x/converse", "/cohere/v1/chat", "/mistral/v1/chat/completions"),
    *("/vllm/v1/chat/completions", "/azure/openai/deployments", "/assemblyai/v2/transcript", "/langfuse/api"),
    *("/v1/files", "/v1/batches", "/v1/assistants", "/v1/threads", "/v1/images/generations", "/v1/audio/speech"),
    *("/v1/realtime", "/v1/rerank", "/v1/moderations", "/v1/vector_stores", "/v1/mcp/server", "/mcp/proxy"),
    *(
        "/mcp/whitelist",
        "/mcp/sse",
        "/mcp-rest/tools/call",
        "/memory/mcp",
        "/toolset/x/mcp",
        "/utils/transform_request",
    ),
    *(
        "/cache/flushall",
        "/cache/delete",
        "/cache/ping",
        "/model/new",
        "/v1/model/info",
        "/key/generate",
        "/config/update",
    ),
    *(
        "/engines/gpt/chat/completions",
        "/openai/deployments/gpt/chat/completions",
        "/v1beta/models/gpt:generateContent",
    ),
)


def stack() -> dict[str, Any]:
    raw = desk()
    raw["aliases"] = ["auto", "code", "paid", "twice"]
    raw["mcp_servers"] = ["whitelist"]
    raw["whitelist"]["mcp_servers"].append("whitelist")
    raw["quality"] = {"threshold": 0.7, "max_attempts": 2, "self_critique": False, "checks": ["not_refused"]}
    for mode, served in raw["modes"].items():
        chain = ["quality", "fast"] if mode == "local" else ["gpt", "quality"]
        served["aliases"]["paid"] = {"routed": False, "members": chain}
        served["aliases"]["twice"] = {"routed": False, "members": chain}
    return raw


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def served(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    assert PROGRAM is not None
    agents: Bundle = bundle_in(tmp_path_factory.mktemp("agents"))
    port, folder = free_port(), tmp_path_factory.mktemp("gateway")
    module = ["-P", "-B", "-m", "dream_runtime.whitelist_server", "--whitelist", str(agents.whitelist)]
    raw, edits = stack(), folder / "edits"
    edits.mkdir()
    settings = config(raw, "hybrid", models.port)
    settings["litellm_settings"] |= CACHE
    tools = ("check_allowed", "list_allowed")
    one = McpServer("whitelist", f"http://127.0.0.1:{port}/mcp", "desk", tools, tools[1:], None, ())
    settings["mcp_servers"] = mcp_servers(compiled(mcp_servers=(one,)), "desk", "hybrid")
    with ExitStack() as stop:
        stop.enter_context(serving(agents, [*module, "--port", str(port)], port))
        variables = {"DREAM_WHITELIST_EDITS": str(edits)}
        yield stop.enter_context(
            running(PROGRAM, folder, settings, json.dumps(raw), variables=variables),
        )


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Iterator[Proxy]:
    models.reset()
    yield served
    (served.folder / "edits" / EDITS).unlink(missing_ok=True)
    eventually(lambda: fresh(served, "paid").headers.get("x-dream-model") == "gpt")


def fresh(proxy: Proxy, alias: str) -> Reply:
    message = {"role": "user", "content": "hi"}
    return proxy.post("/v1/chat/completions", {"model": alias, "messages": [message]}, {"x-dream-cache": "off"})


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def change(proxy: Proxy, kind: Any, name: str, *, allowed: bool) -> None:
    compiled = policy(stack()).whitelist
    assert isinstance(compiled, Whitelist)
    why = edit(
        proxy.folder / "edits", compiled, Change(kind, name, allowed), Reason("t", "test"), lambda: datetime.now(UTC)
    )
    assert why is None


def lines(proxy: Proxy) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (proxy.folder / "llm_usage.jsonl").read_text().splitlines()]


def test_the_same_question_is_answered_again_for_nothing_and_the_header_says_so(
    gateway: Proxy, models: Upstream
) -> None:
    first, second = (gateway.chat("paid", "what is kept?") for _ in range(2))
    assert first.said == second.said == "from gpt"
    assert models.asked["gpt"] == 1
    assert [reply.headers["x-dream-cache"] for reply in (first, second)] == ["miss", "hit"]
    assert float(first.headers["x-dream-cost-usd"]) > 0
    assert float(second.headers["x-dream-cost-usd"]) == 0
    eventually(lambda: [line["usd"] > 0 for line in lines(gateway)[-2:]] == [True, False])
    assert [line["served"] for line in lines(gateway)[-2:]] == ["cloud", "cache"]


def test_a_stream_is_kept_too(gateway: Proxy, models: Upstream) -> None:
    for seen in ("miss", "hit"):
        reply = gateway.chat("paid", "stream it", stream=True)
        assert reply.headers["x-dream-cache"] == seen
        assert "from gpt" in said(reply)
    assert models.asked["gpt"] == 1


def said(reply: Reply) -> str:
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    text = "".join(choice["delta"].get("content") or "" for event in events for choice in event.get("choices", []))
    return text.replace("from", "from ")  # the fake splits between words


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_cheap_stand_in_said_is_not_said_again_in_the_name_of_the_dear_one(
    gateway: Proxy, models: Upstream, stream: bool
) -> None:
    models.says["gpt"] = None
    text = f"who are you? {stream}"
    assert "from quality" in (said if stream else answer)(gateway.chat("paid", text, stream=stream))
    models.says.clear()
    eventually(lambda: fresh(gateway, "paid").headers.get("x-dream-model") == "gpt")
    reply = gateway.chat("paid", text, stream=stream)
    assert "from gpt" in (said if stream else answer)(reply)
    assert reply.headers["x-dream-cache"] == "miss"


def answer(reply: Reply) -> str:
    return reply.said


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {"x-dream-cache": "off"}),
        ({"cache": {"no-cache": True}}, {}),
        ({"temperature": 0.5}, {}),
        ({"chat_template_kwargs": {"enable_thinking": False}}, {}),
        ({}, {"x-dream-client": "bob"}),
        ({}, {"x-dream-action": "code_review"}),
        ({"user": "bob"}, {}),
    ],
    ids=str,
)
def test_another_question_kind_client_or_wish_is_answered_anew(
    gateway: Proxy, models: Upstream, body: dict[str, Any], headers: dict[str, str]
) -> None:
    message = {"model": "paid", "messages": [{"role": "user", "content": f"anew {body} {headers}"}]}
    gateway.post("/v1/chat/completions", message)
    reply = gateway.post("/v1/chat/completions", {**message, **body}, headers)
    assert reply.status == 200, reply.text
    assert reply.headers["x-dream-cache"] == "miss"
    assert models.asked["gpt"] == 2


def test_a_client_that_names_a_namespace_gets_no_other_clients_answer(gateway: Proxy, models: Upstream) -> None:
    text = "mine"
    first = gateway.chat("paid", text)
    key = first.headers.get("x-litellm-cache-key", "")
    for given in ({"namespace": key.partition(":")[0]}, {"namespace": "dream"}, {"s-maxage": 10**9}, {"ttl": 10**9}):
        body = {"cache": given, "metadata": {"redis_namespace": "dream", "caching_groups": [["paid", "code"]]}}
        message = {"role": "user", "content": text}
        reply = gateway.post(
            "/v1/chat/completions", {"model": "code", "messages": [message], **body}, {"x-dream-client": "eve"}
        )
        assert reply.said == "from quality"
    assert models.asked["quality"] == 1


@pytest.mark.parametrize("text", ["", "   "])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_was_rejected_is_not_given_to_the_next_who_asks(
    gateway: Proxy, models: Upstream, text: str, stream: bool
) -> None:
    models.says["gpt"] = text
    question = f"empty {text!r} {stream}"
    for _ in range(2):
        reply = gateway.chat("paid", question, stream=stream)
        assert (said if stream else answer)(reply) == "from quality"
    models.says.clear()
    eventually(lambda: fresh(gateway, "paid").headers.get("x-dream-model") == "gpt")
    if text:
        return
    assert "from gpt" in (said if stream else answer)(gateway.chat("paid", question, stream=stream))


def test_an_answer_below_the_threshold_is_not_kept_and_one_above_is_but_not_for_unchecked_requests(
    gateway: Proxy, models: Upstream
) -> None:
    def ask(text: str, **headers: str) -> Reply:
        body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
        return gateway.post("/v1/chat/completions", body, {"x-dream-action": "inline_completion", **headers})

    models.says["fast"] = "I'm sorry, but I can't help with that."
    assert [ask("poor").said for _ in range(2)] == ["from quality"] * 2
    assert models.asked["fast"] == 2
    models.reset()
    assert [ask("good").headers["x-dream-cache"] for _ in range(2)] == ["miss", "hit"]
    assert ask("good", **{"x-dream-quality": "off"}).headers["x-dream-cache"] == "miss"
    assert models.asked["fast"] == 2


def test_a_domain_that_is_taken_back_is_gone_within_a_second_with_its_kept_answers_and_comes_back(
    gateway: Proxy, models: Upstream
) -> None:
    assert gateway.chat("paid", "kept before").said == "from gpt"
    change(gateway, "cloud_apis", "openai.com", allowed=False)
    eventually(lambda: gateway.chat("paid", "kept before").said == "from quality")
    refused = gateway.post(
        "/v1/chat/completions",
        {"model": "paid", "messages": [{"role": "user", "content": "kept before"}]},
        {"x-dream-force": "cloud"},
    )
    assert refused.status == 403
    assert "api.openai.com is not whitelisted" in refused.text
    asked = models.asked["gpt"]
    assert [gateway.chat("paid", f"later {n}").said for n in range(5)] == ["from quality"] * 5
    assert models.asked["gpt"] == asked
    change(gateway, "cloud_apis", "openai.com", allowed=True)
    eventually(lambda: gateway.chat("paid", "kept before").said == "from gpt")


def test_a_kind_of_task_is_kept_at_home_from_one_second_to_the_next(gateway: Proxy) -> None:
    assert gateway.chat("paid", "review", action="code_review").said == "from gpt"
    change(gateway, "allowed_for_cloud", "code_review", allowed=False)
    eventually(lambda: gateway.chat("paid", "review", action="code_review").said == "from quality")
    assert gateway.chat("paid", "review", action="unheard_of").said == "from quality"


def test_a_broken_edit_leaves_the_last_good_one_and_the_log_says_so_once(gateway: Proxy) -> None:
    change(gateway, "cloud_apis", "openai.com", allowed=False)
    eventually(lambda: fresh(gateway, "paid").said == "from quality")
    (gateway.folder / "edits" / EDITS).write_text('{"version": 1')
    log = gateway.folder / "proxy.log"
    eventually(lambda: fresh(gateway, "paid").said == "from quality" and "cannot be read" in log.read_text())
    for _ in range(3):
        time.sleep(1)
        assert fresh(gateway, "paid").said == "from quality"
    assert log.read_text().count("the edits before it count on") == 1


@pytest.mark.parametrize("path", CLOSED)
def test_what_goes_round_the_policy_is_closed(gateway: Proxy, models: Upstream, path: str) -> None:
    body = {"model": "gpt", "messages": [{"role": "user", "content": "hi"}], "input": "hi", "prompt": "hi"}
    reply = gateway.post(path, body)
    assert reply.status >= 400, reply.text
    assert gateway.get(path).status >= 400
    basic = base64.b64encode(f"x:{KEY}".encode()).decode()
    assert gateway.post(path, body, {"authorization": f"Basic {basic}", "x-litellm-api-key": KEY}).status >= 400
    assert not models.asked


def test_inside_the_container_the_holder_of_the_key_sees_the_deployments_that_drift_compares(
    gateway: Proxy, models: Upstream
) -> None:
    found = gateway.get("/model/info")
    assert found.status == 200
    assert "gpt@openai.0" in found.text
    assert gateway.get("/model/info", key="sk-another").status == 401
    assert not models.asked


@pytest.mark.parametrize("model", ["gpt@openai.0", "gpt@openai", "openai/gpt", "hosted_vllm/gpt", "tier:api_premium"])
def test_a_deployment_that_is_named_directly_is_not_called(gateway: Proxy, models: Upstream, model: str) -> None:
    assert gateway.chat(model).status >= 400
    assert not models.asked


def mcp(proxy: Proxy, path: str, steps: Any, key: str = KEY) -> None:
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async def run() -> None:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
            Client(streamable_http_client(proxy.url + path, http_client=http), read_timeout_seconds=30) as client,
        ):
            await steps(client)

    asyncio.run(run())


ASK = {"resource_type": "domains", "resource_name": "github.com"}


@pytest.mark.parametrize(
    "foreign",
    [
        {"tools": [{"type": "mcp", "server_label": "memory", "server_url": "https://evil.example/mcp"}]},
        {"mcp_servers": [{"type": "url", "name": "memory", "url": "https://evil.example/mcp"}]},
    ],
    ids=["openai", "anthropic"],
)
def test_a_provider_is_not_made_to_call_an_mcp_server_that_no_whitelist_knows(
    gateway: Proxy, models: Upstream, foreign: dict[str, Any]
) -> None:
    reply = gateway.chat("paid", "use it", **foreign)
    assert reply.status == 403
    assert "whitelisted" in reply.text
    assert not models.asked


@pytest.mark.parametrize("path", ["/mcp", "/whitelist/mcp"])
def test_the_gateway_offers_the_allowed_tools_and_refuses_the_others(gateway: Proxy, path: str) -> None:
    async def steps(client: Any) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["whitelist-check_allowed"]
        found = await client.call_tool("whitelist-check_allowed", ASK)
        assert not found.is_error
        assert json.loads(found.content[0].text)["allowed"] is True
        for name in ("whitelist-list_allowed", "list_allowed"):
            refused = await client.call_tool(name, {"resource_type": "domains"})
            assert refused.is_error
            assert "not allowed" in refused.content[0].text

    mcp(gateway, path, steps)


def test_an_mcp_server_that_is_taken_back_answers_no_more_and_comes_back(gateway: Proxy) -> None:
    def answers() -> bool:
        found: list[bool] = []

        async def steps(client: Any) -> None:
            found.append(not (await client.call_tool("whitelist-check_allowed", ASK)).is_error)

        mcp(gateway, "/mcp", steps)
        return found[0]

    assert answers()
    change(gateway, "mcp_servers", "whitelist", allowed=False)
    eventually(lambda: not answers())
    change(gateway, "mcp_servers", "whitelist", allowed=True)
    eventually(answers)


def test_mcp_is_closed_without_the_key(gateway: Proxy) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    for path in ("/mcp", "/mcp/", "/whitelist/mcp"):
        assert gateway.post(path, body, accept, key="wrong").status == 401
        assert gateway.post(path, body, accept, key="").status == 401
        assert gateway.post(path, body, accept).status == 200
    with pytest.raises(BaseExceptionGroup):
        mcp(gateway, "/mcp", partial(asyncio.sleep, 0), key="wrong")
