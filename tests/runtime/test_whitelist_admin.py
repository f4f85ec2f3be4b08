"""People edit the whitelist over MCP, with a key; agents see it at once and cannot do the same."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from dreamc.runtime.edits_file import AUDIT, EDITS
from tests.runtime.proxy import free_port
from tests.runtime.test_whitelist_server import MODULE as SERVER
from tests.runtime.test_whitelist_server import Bundle, ask, bundle, serving, talk

__all__ = ["bundle"]
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="the MCP SDK `mcp` is not installed"),
]
ADMIN = ["-P", "-B", "-m", "dream_runtime.whitelist_admin"]
KEY = "k" * 32
EXAMPLE = {"resource_type": "domains", "resource_name": "example.org"}
Steps = Callable[[Any], Coroutine[Any, Any, None]]


class Keyed(Bundle):
    """The admin's container: it has the key too."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DREAM_WHITELIST_ADMIN_KEY": KEY}


def arguments(bundle: Bundle) -> list[str]:
    return ["--whitelist", str(bundle.whitelist), "--edits", str(edits(bundle))]


def edits(bundle: Bundle) -> Path:
    folder = bundle.folder / "edits"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def admin(bundle: Bundle) -> Iterator[str]:
    port = free_port()
    with serving(Keyed(bundle.folder), [*ADMIN, *arguments(bundle), "--port", str(port)], port) as url:
        yield url


def over_stdio(bundle: Bundle, module: list[str]) -> Any:
    from mcp import StdioServerParameters

    words = [*module, "--stdio", *arguments(bundle)]
    return StdioServerParameters(command=sys.executable, args=words, env=bundle.environment)


def with_key(url: str, steps: Steps, key: str = KEY) -> None:
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async def run() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http), read_timeout_seconds=20) as client,
        ):
            await steps(client)

    asyncio.run(run())


def audit(bundle: Bundle) -> list[dict[str, str]]:
    return [json.loads(line) for line in (edits(bundle) / AUDIT).read_text().splitlines()]


async def adds_and_takes_back(client: Any) -> None:
    assert sorted(tool.name for tool in (await client.list_tools()).tools) == [
        "add_to_whitelist",
        "list_whitelist",
        "remove_from_whitelist",
    ]
    assert (await ask(client, "add_to_whitelist", **EXAMPLE, why="docs"))["done"]
    found = await ask(client, "list_whitelist")
    assert found["domains"] == ["github.com", "example.org"]
    assert found["not_in_dream_yaml"] == [{**EXAMPLE, "is": "allowed"}]
    taken = {"resource_type": "mcp_servers", "resource_name": "memory", "why": "an incident"}
    assert (await ask(client, "remove_from_whitelist", **taken))["done"]
    assert (await ask(client, "list_whitelist"))["mcp_servers"] == []
    for wrong in ({**EXAMPLE, "why": " "}, {**EXAMPLE, "resource_name": "https://x.org", "why": "w"}):
        assert not (await ask(client, "add_to_whitelist", **wrong))["done"]
    missing = {"resource_type": "domains", "resource_name": "nobody.org", "why": "w"}
    assert not (await ask(client, "remove_from_whitelist", **missing))["done"]


def test_a_person_edits_over_stdio(bundle: Bundle) -> None:
    talk(over_stdio(bundle, ADMIN), adds_and_takes_back)
    assert [(row["did"], row["why"]) for row in audit(bundle)] == [("add", "docs"), ("remove", "an incident")]
    assert all(row["who"] and row["time"].endswith("Z") for row in audit(bundle))


def test_a_person_edits_over_http_with_the_key(bundle: Bundle, admin: str) -> None:
    with_key(admin, adds_and_takes_back)
    assert {row["who"] for row in audit(bundle)} == {"holder of DREAM_WHITELIST_ADMIN_KEY"}


@pytest.mark.parametrize("key", ["", "wrong", KEY + "x", "sk-" + "0" * 32])
def test_without_the_key_nothing_answers_but_the_health_check(bundle: Bundle, admin: str, key: str) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    for path in ("/mcp", "/mcp/", "/", "/healthz/../mcp"):
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        with pytest.raises(HTTPError) as caught:
            urlopen(Request(f"{admin}{path}", body, headers), timeout=5)
        assert caught.value.code == 401
        caught.value.close()
    with urlopen(f"{admin}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok\n"
    assert not (edits(bundle) / EDITS).exists()


def test_agents_see_an_edit_at_once_in_the_same_session_and_cannot_edit(bundle: Bundle, admin: str) -> None:
    async def adds(client: Any) -> None:
        assert (await ask(client, "add_to_whitelist", **EXAMPLE, why="docs"))["done"]

    async def asks(client: Any) -> None:
        assert "add_to_whitelist" not in {tool.name for tool in (await client.list_tools()).tools}
        assert not (await ask(client, "check_allowed", **EXAMPLE))["allowed"]
        await asyncio.to_thread(with_key, admin, adds)
        assert (await ask(client, "check_allowed", **EXAMPLE))["allowed"]
        (edits(bundle) / EDITS).write_text("{")
        found = await ask(client, "check_allowed", **EXAMPLE)
        assert not found["allowed"]
        assert "everything is denied" in found["reason"]

    talk(over_stdio(bundle, SERVER), asks)


def test_a_broken_overlay_is_not_edited_over(bundle: Bundle) -> None:
    (edits(bundle) / EDITS).write_text('{"version": 1')

    async def steps(client: Any) -> None:
        found = await ask(client, "add_to_whitelist", **EXAMPLE, why="docs")
        assert not found["done"]
        assert "not JSON" in found["reason"]

    talk(over_stdio(bundle, ADMIN), steps)
    assert (edits(bundle) / EDITS).read_text() == '{"version": 1'
    assert not (edits(bundle) / AUDIT).exists()


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (["--whitelist", "w.json"], {"DREAM_WHITELIST_ADMIN_KEY": KEY}, "--edits is missing"),
        (["--whitelist", "w.json", "--edits", "."], {}, "is not set"),
        (["--whitelist", "w.json", "--edits", "."], {"DREAM_WHITELIST_ADMIN_KEY": "short"}, "less than 16"),
    ],
)
def test_it_does_not_start_without_a_key_and_a_folder(
    bundle: Bundle, words: list[str], environment: dict[str, str], says: str
) -> None:
    found = subprocess.run(
        [sys.executable, *ADMIN, *words],
        env={**bundle.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert found.returncode == 2
    assert says in found.stderr


def test_the_row_of_the_service_table_starts_this_program(bundle: Bundle) -> None:
    from dreamc.knowledge.services import service

    row = service("whitelist-admin")
    assert row is not None
    assert row.entrypoint[1:] == tuple(ADMIN)
    port = free_port()
    here = {"/etc/dream/whitelist.json": str(bundle.whitelist), "0.0.0.0": "127.0.0.1", str(row.port): str(port)}
    here["/var/lib/dream-whitelist"] = str(edits(bundle))
    test = [sys.executable, *(word.replace(str(row.port), str(port)) for word in row.health.test[1:])]
    with serving(Keyed(bundle.folder), [*ADMIN, *(here.get(word, word) for word in row.command)], port):
        assert subprocess.run(test, check=False, capture_output=True, timeout=20).returncode == 0
