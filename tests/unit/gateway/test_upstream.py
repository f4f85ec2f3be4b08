"""The model server of the demo: it speaks four dialects, counts, and breaks when asked to."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote

import pytest

from dreamc.gateway.upstream import EVERYONE, Upstream


def post(server: Upstream, path: str, body: object) -> tuple[int, str, str]:
    """(status, content type, text)."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, json.dumps(body) if not isinstance(body, bytes) else body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", ""), answer.read().decode()
    finally:
        connection.close()


def get(server: Upstream, path: str) -> object:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


MESSAGES = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/chat/completions", {"model": "m", "messages": MESSAGES}, ("choices", 0, "message", "content")),
        ("/v1/completions", {"model": "m", "prompt": "hi"}, ("choices", 0, "text")),
        ("/api/chat", {"model": "m", "messages": MESSAGES, "stream": False}, ("message", "content")),
        ("/v1/messages", {"model": "m", "messages": MESSAGES}, ("content", 0, "text")),
        ("/models/m:generateContent", {"contents": []}, ("candidates", 0, "content", "parts", 0, "text")),
        ("/v1beta/models/m:generateContent", {"contents": []}, ("candidates", 0, "content", "parts", 0, "text")),
    ],
)
def test_each_dialect_names_the_model_it_was_asked_for(
    upstream: Upstream, path: str, body: object, where: tuple[str | int, ...]
) -> None:
    status, kind, text = post(upstream, path, body)
    found = json.loads(text)
    for step in where:
        found = found[step]
    assert (status, kind) == (200, "application/json")
    assert found.startswith("This is m,")
    assert upstream.count("m") == 1


@pytest.mark.parametrize(
    ("path", "body", "kind", "end"),
    [
        ("/v1/chat/completions", {"model": "m", "stream": True}, "text/event-stream", "data: [DONE]\n\n"),
        ("/api/chat", {"model": "m"}, "application/x-ndjson", '"content": ""}}\n'),
        ("/v1/messages", {"model": "m", "stream": True}, "text/event-stream", 'data: {"type": "message_stop"}\n\n'),
        ("/models/m:streamGenerateContent?alt=sse", {}, "text/event-stream", '"modelVersion": "m"}\n\n'),
    ],
)
def test_each_dialect_streams(upstream: Upstream, path: str, body: object, kind: str, end: str) -> None:
    status, found, text = post(upstream, path, body)
    assert (status, found) == (200, kind)
    assert text.endswith(end)
    assert upstream.calls[0].stream


@pytest.mark.parametrize(("path", "where"), [("/v1/embeddings", "data"), ("/api/embed", "embeddings")])
def test_every_input_gets_a_vector(upstream: Upstream, path: str, where: str) -> None:
    _, _, text = post(upstream, path, {"model": "m", "input": ["a", "b"]})
    assert len(json.loads(text)[where]) == 2


def test_an_address_can_name_the_deployment(upstream: Upstream) -> None:
    path = f"/at/{quote('gpt@openai.0', safe='')}/v1/chat/completions"
    post(upstream, path, {"model": "m", "messages": MESSAGES})
    assert upstream.count("gpt@openai.0") == 1
    assert upstream.calls[0].path == "/v1/chat/completions"


def test_what_was_asked_for_is_listed(upstream: Upstream) -> None:
    post(upstream, "/v1/chat/completions", {"model": "one"})
    post(upstream, "/api/chat", {"model": "two", "stream": False})
    assert [row["id"] for row in get(upstream, "/v1/models")["data"]] == ["one", "two"]  # type: ignore[index]
    assert [row["name"] for row in get(upstream, "/api/tags")["models"]] == ["one", "two"]  # type: ignore[index]
    assert "details" in json.loads(post(upstream, "/api/show", {"model": "one"})[2])


@pytest.mark.parametrize(("fault", "status"), [("error", 500), ("busy", 429), ("empty", 200), ("html", 200)])
def test_a_broken_model_answers_as_it_is_broken(upstream: Upstream, fault: str, status: int) -> None:
    upstream.fail("m", fault)  # type: ignore[arg-type]
    found, kind, text = post(upstream, "/v1/chat/completions", {"model": "m"})
    assert found == status
    if fault == "empty":
        assert json.loads(text)["choices"][0]["message"]["content"] == ""
    assert (kind == "text/html") == (fault == "html")


def test_only_what_was_broken_is_broken_until_it_is_healed(upstream: Upstream) -> None:
    upstream.fail("m", "error")
    assert post(upstream, "/v1/chat/completions", {"model": "n"})[0] == 200
    assert post(upstream, "/v1/chat/completions", {"model": "m"})[0] == 500
    upstream.heal()
    assert post(upstream, "/v1/chat/completions", {"model": "m"})[0] == 200


def test_a_dead_model_resets_the_connection(upstream: Upstream) -> None:
    upstream.fail(EVERYONE, "refuse")
    with pytest.raises(ConnectionError):
        post(upstream, "/v1/chat/completions", {"model": "m"})


def test_a_stalled_model_is_let_go_when_it_is_healed(upstream: Upstream) -> None:
    upstream.fail("m", "timeout")
    connection = http.client.HTTPConnection(upstream.url.removeprefix("http://"), timeout=0.2)
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m"}))
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert upstream.count("m") == 1


def test_a_body_that_is_no_json_and_a_path_nobody_speaks_are_errors_not_crashes(upstream: Upstream) -> None:
    assert post(upstream, "/v1/chat/completions", b"{")[0] == 400
    assert post(upstream, "/v1/nothing", {})[0] == 404
