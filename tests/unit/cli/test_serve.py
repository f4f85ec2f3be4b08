"""`dreamc serve`: which secrets it takes, where it looks for model servers, and one answered question."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.cli import serve
from dreamc.errors import DreamError
from dreamc.gateway import bundle
from dreamc.stack.types import Stack
from tests.unit.cli.verbs import EXAMPLES, environment, example, run
from tests.unit.explain.scenes import scene

Capture = pytest.CaptureFixture[str]


def stack(name: str) -> Stack:
    return scene(name).stack


def compiled(name: str, mode: str, folder: Path) -> bundle.Compiled:
    host = stack(name).gateway.hosts[0]
    home = next(one for one in scene(name).bundles if one.host == host)
    serve._unpack(home, folder / host)
    return bundle.load(folder / host, mode)


def test_missing_keys_are_named_and_nothing_is_started(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(monkeypatch, OPENAI_API_KEY="x"):
        said = run(capsys, "serve", *example("hybrid-4070"))
    assert said.code == 1
    assert "ANTHROPIC_API_KEY (or DREAM_ANTHROPIC_API_KEY)" in said.err
    assert "GOOGLE_API_KEY" in said.err
    assert "OPENAI_API_KEY" not in said.err
    assert "--demo" in said.err


def test_a_mode_that_is_not_compiled_says_why(capsys: Capture) -> None:
    said = run(capsys, "serve", *example("zero-cloud"), "--mode", "cloud")
    assert said.code == 1
    assert "no cloud model answers" in said.err
    assert "--mode local" in said.err


def test_a_name_that_clients_cannot_ask_for_is_wrong_usage(capsys: Capture) -> None:
    said = run(capsys, "serve", *example("zero-cloud"), "--demo", "--ask", "hi", "--model", "gpt")
    assert said.code == 64
    assert "chat" in said.err


def test_keys_come_under_either_name_and_the_bundles_own_wins() -> None:
    found = serve._variables(
        stack("daemon-tiers"),
        "hybrid",
        {"ANTHROPIC_API_KEY": "a", "DREAM_ANTHROPIC_API_KEY": "b", "GATEWAY_KEY": "k"},
        False,
    )
    assert found["DREAM_ANTHROPIC_API_KEY"] == "b"
    assert found["DREAM_GATEWAY_KEY"] == "k"


def test_local_mode_needs_no_key_of_any_cloud() -> None:
    assert serve._variables(stack("daemon-tiers"), "local", {}, False) == {}


def test_a_demo_needs_no_key_at_all() -> None:
    assert set(serve._variables(stack("hybrid-4070"), "hybrid", {}, True).values()) == {"demo"}


def test_servers_of_this_host_are_expected_at_the_port_of_the_file(tmp_path: Path) -> None:
    lab = stack("rtx5000-lab")
    config = serve._local(lab, "gpu01", compiled("rtx5000-lab", "hybrid", tmp_path))
    bases = {one["model_name"]: one["litellm_params"].get("api_base") for one in config["model_list"]}
    assert bases["qwen-coder-vllm@local"] == "http://127.0.0.1:8001/v1"
    assert bases["qwen2.5-coder:7b@local"] == "http://127.0.0.1:11434"
    cloud = [base for name, base in bases.items() if name.endswith("@ollama-cloud")]
    assert cloud
    assert all("127.0.0.1" not in (base or "") for base in cloud)


@pytest.mark.parametrize("mode", ["hybrid", "local"])
def test_servers_of_other_hosts_are_asked_there_and_not_through_a_relay(mode: str, tmp_path: Path) -> None:
    fleet = stack("fleet")
    modes = [one.mode for one in fleet.modes]
    if mode not in modes:
        with pytest.raises(DreamError):
            serve._mode(fleet, mode)
        return
    config = serve._local(fleet, "desk", compiled("fleet", mode, tmp_path))
    hosts = {one["litellm_params"].get("api_base", "").split("/")[2].split(":")[0] for one in config["model_list"]
             if one["model_info"]["dream_location"] == "local"}  # fmt: skip
    assert hosts <= {"127.0.0.1", "h200-a", "h200-b"}
    assert hosts & {"h200-a", "h200-b"}


def test_a_host_with_an_ipv6_address_stands_in_brackets(tmp_path: Path) -> None:
    fleet = stack("fleet")
    hosts = tuple(replace(one, address="fd00::7") if one.name != "desk" else one for one in fleet.hosts)
    config = serve._local(replace(fleet, hosts=hosts), "desk", compiled("fleet", "local", tmp_path))
    bases = [one["litellm_params"].get("api_base", "") for one in config["model_list"]]
    assert [base for base in bases if base.startswith("http://[fd00::7]:")]
    assert not [base for base in bases if "//fd00" in base]


def test_mode_and_host_can_come_from_variables(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(monkeypatch, DREAMC_MODE="cloud"):
        assert "no cloud model answers" in run(capsys, "serve", *example("zero-cloud")).err
    with environment(monkeypatch, DREAMC_MODE="hybrid", DREAMC_HOST="h200-a"):
        assert run(capsys, "serve", *example("fleet"), "--demo").code == 64


def test_only_a_host_with_a_gateway_can_be_served(capsys: Capture) -> None:
    said = run(capsys, "serve", *example("fleet"), "--host", "h200-a", "--demo")
    assert said.code == 64
    assert "desk" in said.err


@pytest.mark.gateway
@pytest.mark.xdist_group("serve")
def test_one_question_is_answered_without_key_or_gpu(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(monkeypatch):
        said = run(capsys, "serve", *example("hybrid-4070"), "--demo", "--ask", "what is a fallback chain?")
    assert said.code == 0, said.err
    assert "demo upstream" in said.out
    assert "answered by" in said.err
    assert "tier local_" in said.err


@pytest.mark.gateway
@pytest.mark.xdist_group("serve")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_no_port_and_no_file(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dreamc", "serve", *example("hybrid-4070"), "--demo", "--port", "0"]
    variables = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PYTHONPATH": str(EXAMPLES.parent)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        url = child.stdout.readline().strip()
        told = "".join(iter(child.stderr.readline, "mode hybrid; stop with Ctrl-C\n"))
        child.send_signal(number)
        child.communicate(timeout=30)
        assert child.returncode == 0
    assert "names: auto, code" in told
    assert "key, made up for this run: sk-" in told
    assert list(tmp_path.glob("dreamc-serve-*")) == []
    port = int(url.removesuffix("/v1").rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
