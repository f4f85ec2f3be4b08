"""What a hostile or mistaken client sends, against a real LiteLLM proxy: refused with a reason, nobody is asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.runtime.policies import desk
from tests.runtime.proxy import KEY, Proxy, Reply, config, litellm, running
from tests.runtime.upstream import Upstream, upstream

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
MOST = 100_000
VARIABLES = {"LITELLM_WORKER_STARTUP_HOOKS": "dream_runtime.pages:install", "HYBRID_MAX_BODY_BYTES": str(MOST)}


@pytest.fixture(scope="module")
def models() -> Iterator[Upstream]:
    with upstream() as fake:
        yield fake


@pytest.fixture(scope="module")
def served(models: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    raw, folder = desk(), tmp_path_factory.mktemp("gateway")
    assert PROGRAM is not None
    settings = config(raw, "hybrid", models.port)
    with running(PROGRAM, folder, settings, json.dumps(raw), variables=VARIABLES) as proxy:
        yield proxy


@pytest.fixture
def gateway(served: Proxy, models: Upstream) -> Proxy:
    models.reset()
    return served


def raw(proxy: Proxy, body: bytes, headers: dict[str, str] | None = None, *, pieces: bool = False) -> Reply:
    """A request whose body is sent as it is, in pieces where its size shall not be told."""
    address = urlsplit(proxy.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    sent = {"authorization": f"Bearer {KEY}", "content-type": "application/json", **(headers or {})}
    parts = (body[at : at + 8_192] for at in range(0, len(body), 8_192))
    try:
        connection.request("POST", "/v1/chat/completions", parts if pieces else body, sent, encode_chunked=pieces)
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
    finally:
        connection.close()


def chat(text: object = "hi", **extra: object) -> bytes:
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": text}], **extra}).encode()


@pytest.mark.parametrize("pieces", [False, True], ids=["told", "in pieces"])
def test_a_request_that_is_too_large_is_refused_before_it_is_read(
    gateway: Proxy, models: Upstream, *, pieces: bool
) -> None:
    headers = {"transfer-encoding": "chunked"} if pieces else {}

    reply = raw(gateway, chat("x" * (MOST + 1)), headers, pieces=pieces)

    assert (reply.status, "larger than 100000 bytes" in reply.text) == (413, True)
    assert not models.asked
    assert raw(gateway, chat("x" * 1_000), headers, pieces=pieces).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b'{"model": "auto"',
        b'{"model": ["auto"], "messages": []}',
        b'{"model": {"a": 1}, "messages": [{"role": "user", "content": "hi"}]}',
        b'{"model": "auto", "messages": "hi"}',
        b'{"messages": [{"role": "user", "content": "hi"}]}',
        b'{"model": "auto", "messages": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}",
        b'{"model": "auto", "messages": [{"role": "user", "content": '
        + b'{"a":' * 2_000
        + b"1"
        + b"}" * 2_000
        + b"}]}",
    ],
    ids=[
        *("empty", "open", "words", "list", "string", "null", "not-utf8", "cut", "model-list", "model-object"),
        *("messages-text", "no-model", "deep-lists", "deep-objects"),
    ],
)
def test_a_body_that_is_no_chat_is_refused_and_the_gateway_goes_on(
    gateway: Proxy, models: Upstream, body: bytes
) -> None:
    reply = raw(gateway, body)

    assert 400 <= reply.status < 500, reply.text
    assert "Traceback" not in reply.text
    assert "gpt" not in models.asked
    assert gateway.chat("code").said == "from quality"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-dream-action": "edit file"},
        {"x-dream-action": "x" * 65},
        {"x-dream-action": "a;b"},
        {"x-dream-action": "../etc"},
        {"x-dream-force": "gpt"},
        {"x-dream-max-cost-usd": "free"},
        {"x-dream-max-cost-usd": "-1"},
        {"x-dream-max-cost-usd": "nan"},
        {"x-dream-quality": "maybe"},
        {"x-dream-max-attempts": "1000"},
        {"x-dream-max-attempts": "-1"},
    ],
    ids=lambda headers: "=".join(next(iter(headers.items())))[:40],
)
def test_a_header_that_says_nothing_is_the_clients_to_mend(
    gateway: Proxy, models: Upstream, headers: dict[str, str]
) -> None:
    reply = raw(gateway, chat(), headers)

    assert reply.status == 400
    assert next(iter(headers)).removeprefix("x-dream-").split("-")[-1][:4] in reply.text or "dream" in reply.text
    assert not models.asked


def test_an_action_nobody_knows_is_no_error_and_the_score_decides(gateway: Proxy) -> None:
    reply = gateway.chat("auto", action="no_such_action")

    assert reply.status == 200
    assert reply.headers["x-dream-reason"].startswith("score ")


def test_what_a_client_writes_never_becomes_a_header_of_the_answer(gateway: Proxy) -> None:
    reply = raw(
        gateway, chat("hi\r\nx-dream-tier: api_premium", metadata={"action_type": "edit_file", "x": "a\r\nb: c"})
    )

    assert reply.headers["x-dream-tier"] == "local_fast"
    assert "b" not in reply.headers


def test_a_line_break_in_an_action_of_the_metadata_is_refused(gateway: Proxy, models: Upstream) -> None:
    reply = raw(gateway, chat(metadata={"action_type": "edit_file\r\nx-evil: 1"}))

    assert (reply.status, "x-evil" in reply.headers) == (400, False)
    assert not models.asked


@pytest.mark.parametrize(
    "extra",
    [
        {"fallbacks": [{"auto": ["gpt@openai"]}]},
        {"fallbacks": [{"model": "hosted_vllm/gpt"}]},
        {"model_list": [{"model_name": "auto", "litellm_params": {"model": "hosted_vllm/gpt"}}]},
        {"specific_deployment": True},
        {"deployment_id": "gpt@openai.0"},
        {"api_base": "http://127.0.0.1:9"},
        {"user_config": {"model_list": []}},
        {"router_settings_override": {"fallbacks": [{"auto": ["gpt@openai"]}]}},
        {"metadata": {"model_group": "tier:api_premium", "dream": {"members": ["gpt"]}}},
        {"litellm_params": {"model": "hosted_vllm/gpt"}},
        {"custom_llm_provider": "openai"},
        {"input_cost_per_token": 0},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_a_client_that_steers_is_served_by_the_policy_or_refused(
    gateway: Proxy, models: Upstream, extra: dict[str, object]
) -> None:
    models.statuses.update(quality=500, fast=500)

    reply = raw(gateway, chat(**extra), {"x-dream-force": "local"})

    assert reply.status >= 400
    assert set(models.asked) <= {"quality", "fast"}
