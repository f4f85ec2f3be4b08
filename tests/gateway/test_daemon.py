"""The example daemon on `dreamc serve --demo`, both as their own processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dreamc.gateway.process import free_port

pytestmark = [pytest.mark.gateway, pytest.mark.slow]
FOLDER = Path(__file__).parents[2] / "examples" / "daemon-tiers"
KEY = "sk-" + "0123456789abcdef" * 4
OBJECTIVE = "Classify recent memory entries by topic"


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo gateway of the example."""
    port = free_port()
    command = [sys.executable, "-m", "dreamc", "serve", "-f", str(FOLDER / "dream.yaml"), "--demo", "--port", str(port)]
    environment = {**os.environ, "DREAM_GATEWAY_KEY": KEY}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=FOLDER
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/v1\n", process.stderr.read()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def daemon(url: str, state: Path, *arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "daemon.py"), "--gateway", url, "--state", str(state), *arguments]
    environment = {**os.environ, "DREAM_GATEWAY_KEY": key}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with demo() as url:
        yield url


def test_a_round_of_typed_actions_goes_to_three_tiers_and_is_added_up(gateway: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    done = daemon(gateway, path, "--objective", OBJECTIVE, "--verbose")

    assert done.returncode == 0, done.stderr
    state = json.loads(path.read_text())
    assert (state["turn"], state["failed"], state["objective"]) == (7, 0, OBJECTIVE)
    assert state["tiers"].keys() == {"local_fast", "local_quality", "api_fallback"}, done.stderr
    assert state["tiers"]["api_fallback"]["cost"] > 0
    assert state["cost"] == pytest.approx(sum(tier["cost"] for tier in state["tiers"].values()))
    assert "spawn_daemon -> api_fallback claude-sonnet" in done.stderr
    assert "local_fast     2 calls" in done.stdout

    again = daemon(gateway, path, "--turns", "1")
    status = daemon(gateway, path, "--status")

    assert again.returncode == 0, again.stderr
    assert f"objective  {OBJECTIVE}" in status.stdout
    assert "turns      8, 0 failed" in status.stdout


def test_without_a_key_it_stops_and_says_why(gateway: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    done = daemon(gateway, path, "--objective", OBJECTIVE, key="sk-wrong")

    assert done.returncode == 1
    assert "unknown gateway key" in done.stderr
    assert json.loads(path.read_text())["turn"] == 1


def test_without_an_objective_nothing_is_asked(gateway: str, tmp_path: Path) -> None:
    done = daemon(gateway, tmp_path / "state.json")

    assert done.returncode == 2
    assert "--objective" in done.stderr
