"""One request through a running gateway: the answer, which deployment gave it, after how many attempts, how fast."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dreamc.errors import DreamError

_REMEDIES = (
    (401, "give the key of this gateway"),
    (403, "ask for a name that /v1/models lists"),
    (404, "ask for a name that /v1/models lists"),
    (429, "wait, or raise the limit"),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a gateway listens, and the key to it. `timeout` in seconds."""

    url: str
    key: str = field(repr=False)
    timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """`deployment` is the model_info.id that answered, `group` the routing group asked; `attempts` counts from 1.

    `seconds` is measured here, from sending to the last byte.
    """

    text: str
    deployment: str
    group: str
    attempts: int
    seconds: float
    headers: Mapping[str, str]


def ask(gate: Gate, model: str, question: str, **extra: object) -> Reply:
    """One chat request; `extra` goes into its body. Raises DreamError when the gateway refuses or is away."""
    body = {"model": model, "messages": [{"role": "user", "content": question}], **extra}
    found, headers, seconds = _call(gate, "/v1/chat/completions", body)
    return _reply(str(found["choices"][0]["message"].get("content") or ""), headers, seconds)


def embed(gate: Gate, model: str, text: str) -> Reply:
    """One embedding request; the text of the reply says how long the vector is."""
    found, headers, seconds = _call(gate, "/v1/embeddings", {"model": model, "input": [text]})
    return _reply(f"a vector of {len(found['data'][0]['embedding'])} numbers", headers, seconds)


def fetch(gate: Gate, path: str) -> dict[str, Any]:
    """The JSON object under any path of the gateway."""
    return _call(gate, path, None)[0]


def models(gate: Gate) -> tuple[str, ...]:
    """What /v1/models lists, in its order."""
    found = fetch(gate, "/v1/models")
    return tuple(str(row["id"]) for row in found["data"])


def _reply(text: str, headers: Mapping[str, str], seconds: float) -> Reply:
    hops = sum(int(headers.get(f"x-litellm-attempted-{kind}") or 0) for kind in ("fallbacks", "retries"))
    deployment, group = (headers.get(f"x-litellm-model-{name}", "") for name in ("id", "group"))
    return Reply(text, deployment, group, hops + 1, seconds, headers)


def _call(gate: Gate, path: str, body: object) -> tuple[dict[str, Any], Mapping[str, str], float]:
    """(parsed answer, headers in lower case, seconds)."""
    headers = {"authorization": f"Bearer {gate.key}", "content-type": "application/json"}
    address = urlsplit(gate.url)
    # http.client, because urllib would take a proxy from the environment.
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=gate.timeout)
    started = time.perf_counter()
    try:
        if body is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise DreamError(
            f"no answer from {gate.url}: {error}", "the request was not answered", "is it running?"
        ) from None
    finally:
        connection.close()
    seconds = time.perf_counter() - started
    if answer.status != 200:
        raise _refused(answer.status, text)
    return _parsed(gate, text), {name.lower(): value for name, value in answer.getheaders()}, seconds


def _parsed(gate: Gate, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        what = f"{gate.url} answered with something that is not JSON"
        raise DreamError(what, "the request was not answered", "is that the gateway's address?")
    return found


def _refused(status: int, body: bytes) -> DreamError:
    try:
        found = json.loads(body)
        reason = found["error"]["message"]
    except (ValueError, KeyError, TypeError):
        reason = body.decode(errors="replace")
    state = "the request was not answered"
    remedy = dict(_REMEDIES).get(status, "read the gateway's log")
    return DreamError(f"the gateway answered {status}: {str(reason)[:500]}", state, remedy)
