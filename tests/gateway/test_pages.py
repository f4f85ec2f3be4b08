"""The compiled gateways of all examples count what they are asked, and show it to whoever has the key."""

from __future__ import annotations

import json
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from dreamc.gateway import bundle
from dreamc.gateway.ask import Gate
from tests.gateway.chains import Served

pytestmark = [pytest.mark.gateway, pytest.mark.slow]


def get(gate: Gate, path: str, key: str) -> tuple[int, str]:
    with closing(HTTPConnection(str(urlsplit(gate.url).netloc), timeout=30)) as connection:
        connection.request("GET", path, headers={"authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def answered(gate: Gate) -> int:
    said: dict[str, Any] = json.loads(get(gate, "/stats", gate.key)[1])
    return int(said["local_requests"] + said["cloud_requests"])


def test_what_every_name_answers_is_counted(compiled: bundle.Compiled, served: Served) -> None:
    before = answered(served.gate)
    for alias in compiled.aliases:
        served.ask(alias)

    deadline = time.monotonic() + 20
    while answered(served.gate) < before + len(compiled.aliases):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answered(served.gate) == before + len(compiled.aliases)


def test_the_pages_of_every_example_ask_for_the_key(compiled: bundle.Compiled, served: Served) -> None:
    assert {get(served.gate, path, "guess")[0] for path in ("/stats", "/metrics")} == {401}
    assert get(served.gate, "/metrics", served.gate.key)[1].startswith("# HELP dream_info")
    assert "<title>dream</title>" in get(served.gate, "/dashboard", "")[1]
