"""A real MCP client asks the whitelist server, over stdio and HTTP, as an agent in the bundle does."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.runtime.proxy import PACKAGE, free_port

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="the MCP SDK `mcp` is not installed"),
]

GIVEN: dict[str, Any] = {
    "cloud_apis": ["openai.com"],
    "domains": ["github.com"],
    "mcp_servers": ["memory"],
    "allowed_for_cloud": {"code_review": True, "inline_completion": False},
}
MODULE = ["-P", "-B", "-m", "dream_runtime.whitelist_server"]


@dataclass(frozen=True)
class Bundle:
    """A folder as the container sees it."""

    folder: Path

    @property
    def whitelist(self) -> Path:
        return self.folder / "whitelist.json"

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder / "runtime")}

    def write(self, **changed: Any) -> None:
        """Replaces the file in one step."""
        new = self.folder / "new.json"
        new.write_text(json.dumps({**GIVEN, **changed}))
        new.replace(self.whitelist)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return bundle_in(tmp_path)


def bundle_in(folder: Path) -> Bundle:
    shutil.copytree(PACKAGE, folder / "runtime" / "dream_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    made = Bundle(folder)
    made.write()
    return made


@contextmanager
def serving(bundle: Bundle, command: list[str], port: int) -> Iterator[str]:
    """The running server's URL; RuntimeError with its log if it does not come up."""
    log = bundle.folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], env=bundle.environment, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 30
        while not _up(f"http://127.0.0.1:{port}/healthz"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def url(bundle: Bundle) -> Iterator[str]:
    port = free_port()
    with serving(bundle, [*MODULE, "--whitelist", str(bundle.whitelist), "--port", str(port)], port) as found:
        yield found


def _up(health: str) -> bool:
    try:
        urlopen(health, timeout=2).close()
    except URLError:
        return False
    return True


def over_stdio(bundle: Bundle) -> Any:
    from mcp import StdioServerParameters

    arguments = [*MODULE, "--stdio", "--whitelist", str(bundle.whitelist)]
    return StdioServerParameters(command=sys.executable, args=arguments, env=bundle.environment)


def talk(server: Any, steps: Callable[[Any], Coroutine[Any, Any, None]], mode: str = "auto") -> None:
    from mcp import Client

    async def run() -> None:
        async with Client(server, mode=mode, read_timeout_seconds=20) as client:
            await steps(client)

    asyncio.run(run())


async def ask(client: Any, tool: str, **arguments: str) -> dict[str, Any]:
    found = await client.call_tool(tool, arguments)
    assert not found.is_error, found
    assert json.loads(found.content[0].text) == found.structured_content
    return dict(found.structured_content)


async def both_tools_answer(client: Any) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert sorted(tools) == ["check_allowed", "list_allowed"]
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    kinds = tools["check_allowed"].input_schema["properties"]["resource_type"]["enum"]
    assert kinds == ["cloud_apis", "domains", "mcp_servers", "allowed_for_cloud"]

    found = await ask(client, "check_allowed", resource_type="domains", resource_name="api.github.com")
    assert found == {"allowed": True, "reason": "'api.github.com' is listed under domains"}
    found = await ask(client, "check_allowed", resource_type="cloud_apis", resource_name="api.github.com")
    assert found["allowed"] is False
    assert "not listed under cloud_apis" in found["reason"]
    found = await ask(client, "check_allowed", resource_type="allowed_for_cloud", resource_name="inline_completion")
    assert found["allowed"] is False
    found = await ask(client, "list_allowed", resource_type="allowed_for_cloud")
    assert found["allowed"] == ["code_review"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_asks_over_stdio(bundle: Bundle, mode: str) -> None:
    talk(over_stdio(bundle), both_tools_answer, mode)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_asks_over_http(url: str, mode: str) -> None:
    talk(f"{url}/mcp", both_tools_answer, mode)


def test_an_agent_finds_no_way_to_widen_the_whitelist(bundle: Bundle) -> None:
    before = bundle.whitelist.read_bytes()
    names = {"resource_type": "domains", "resource_name": "evil.net"}

    async def steps(client: Any) -> None:
        refused = await client.call_tool("add_to_whitelist", names)
        assert refused.is_error
        assert "Unknown tool" in refused.content[0].text
        assert not (await ask(client, "check_allowed", **names))["allowed"]

    talk(over_stdio(bundle), steps)
    assert bundle.whitelist.read_bytes() == before


def test_an_unknown_resource_type_is_an_error_that_names_the_known_ones(bundle: Bundle) -> None:
    async def steps(client: Any) -> None:
        found = await client.call_tool("check_allowed", {"resource_type": "files", "resource_name": "x"})
        assert found.is_error
        assert "mcp_servers" in found.content[0].text

    talk(over_stdio(bundle), steps)


def test_a_replaced_file_counts_in_the_same_session_and_a_broken_one_denies_everything(
    bundle: Bundle, url: str
) -> None:
    asked = {"resource_type": "domains", "resource_name": "docs.example.org"}

    async def steps(client: Any) -> None:
        assert not (await ask(client, "check_allowed", **asked))["allowed"]
        bundle.write(domains=["example.org"])
        assert (await ask(client, "check_allowed", **asked))["allowed"]
        bundle.whitelist.write_text('{"domains": ["example.org"')
        found = await ask(client, "check_allowed", **asked)
        assert not found["allowed"]
        assert "everything is denied" in found["reason"]
        bundle.write(domains=["example.org"])
        assert (await ask(client, "check_allowed", **asked))["allowed"]

    talk(f"{url}/mcp", steps)


def test_the_health_check_is_well_only_while_the_whitelist_can_be_read(bundle: Bundle, url: str) -> None:
    with urlopen(f"{url}/healthz", timeout=5) as response:
        assert response.status == 200
    bundle.whitelist.write_text("{")
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{url}/healthz", timeout=5)
    assert caught.value.code == 503
    assert "not JSON" in caught.value.read().decode()


def test_the_row_of_the_service_table_starts_this_server_and_asks_this_health_check(bundle: Bundle) -> None:
    """The argv that the container gets, with the container's paths and address replaced by this machine's."""
    from dreamc.knowledge.services import service

    row = service("mcp-whitelist-manager")
    assert row is not None
    assert row.entrypoint[1:] == tuple(MODULE)
    port = free_port()
    here = {"/etc/dream/whitelist.json": str(bundle.whitelist), "0.0.0.0": "127.0.0.1", str(row.port): str(port)}
    test = [sys.executable, *(word.replace(str(row.port), str(port)) for word in row.health.test[1:])]
    with serving(bundle, [*MODULE, *(here.get(word, word) for word in row.command)], port):
        assert subprocess.run(test, check=False, capture_output=True, timeout=20).returncode == 0
        bundle.whitelist.unlink()
        assert subprocess.run(test, check=False, capture_output=True, timeout=20).returncode == 1
