"""The compiled bundles on three real hosts, started by hand with the host script."""

from __future__ import annotations

import socket

import pytest

from tests.lab.hosts import faults
from tests.lab.hosts.lab import Lab
from tests.lab.hosts.place import CONTROL
from tests.lab.stack.stack import NUMBERS, Stack

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.xdist_group("stack")]

ALIASES = (("chat", "chat"), ("code", "chat"), ("quick", "chat"), ("embed", "embeddings"))
# A datagram that leaves is seen by a listener in the control network; a connection would need an answer as well.
LEAK = f"""
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
    for _ in range(3):
        try:
            way_out.sendto(b"leak", ("{CONTROL}", 9999))
        except OSError as error:
            print(error)
"""
CONNECT = f"import socket; socket.create_connection(('{CONTROL}', 8800), 3).close()"


@pytest.fixture(scope="module")
def running(lab: Lab, stack: Stack) -> Stack:
    """All three hosts, fresh, with everything they need, up in hybrid mode; model hosts first."""
    stack.compile()
    for name in reversed(NUMBERS):
        stack.host(name, fresh=True)
        stack.supply(name)
        stack.put_by_hand(name)
        done = stack.dream(name, "up", "-y")
        assert done.returncode == 0, done.stdout + done.stderr
    return stack


@pytest.fixture
def in_mode(running: Stack, request: pytest.FixtureRequest) -> Stack:
    """The gateway's host in the mode that the test names."""
    done = running.dream("front", "mode", request.param, "-y")
    assert done.returncode == 0, done.stdout + done.stderr
    return running


def datagrams(lab: Lab, stack: Stack, service: str) -> int:
    """How many of three datagrams from a container arrive in the control network."""
    with lab.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((CONTROL, 9999))
        listener.settimeout(1)
        stack.inside("front", service, LEAK)
        seen = 0
        try:
            while listener.recv(16):
                seen += 1
        except TimeoutError:
            return seen
    return seen


@pytest.mark.parametrize(("alias", "kind"), ALIASES)
def test_every_alias_answers_from_outside(running: Stack, alias: str, kind: str) -> None:
    status, text = running.ask(alias, kind)
    assert status == 200, text


def test_the_first_member_answers_and_the_next_one_stands_in(running: Stack) -> None:
    assert "This is chat," in running.ask("chat")[1]
    faults.break_server(running.host("gpu-a"), "vllm-chat", "error")
    assert "This is spare," in running.ask("chat")[1]
    faults.break_server(running.host("gpu-a"), "vllm-chat", "")


@pytest.mark.parametrize("in_mode", ["cloud"], indirect=True)
def test_cloud_mode_stops_the_model_servers_and_asks_the_cloud(lab: Lab, in_mode: Stack) -> None:
    assert in_mode.containers("front") == ("litellm", "redis")
    before = len(lab.cloud_requests())
    assert in_mode.ask("quick") == (200, "This is large-1, in the cloud.")
    assert len(lab.cloud_requests()) > before


@pytest.mark.parametrize("in_mode", ["local"], indirect=True)
def test_local_mode_has_no_way_out_while_the_published_port_answers(lab: Lab, in_mode: Stack) -> None:
    services = [name for name in in_mode.containers("front") if not name.startswith(("door-", "relay-"))]
    assert {"litellm", "ollama", "vllm-code", "redis"} <= set(services)
    for service in services:
        assert in_mode.inside("front", service, CONNECT).returncode != 0, service
        assert datagrams(lab, in_mode, service) == 0, service
    asked = len(lab.cloud_requests())
    for alias, kind in ALIASES:
        status, text = in_mode.ask(alias, kind)
        assert (status, "cloud" in text) == (200, False), text
    assert len(lab.cloud_requests()) == asked


@pytest.mark.parametrize("in_mode", ["hybrid"], indirect=True)
def test_hybrid_mode_has_a_way_out_so_the_test_above_can_fail(lab: Lab, in_mode: Stack) -> None:
    assert in_mode.inside("front", "litellm", CONNECT).returncode == 0
    assert datagrams(lab, in_mode, "litellm") == 3


@pytest.mark.parametrize("in_mode", ["hybrid"], indirect=True)
def test_a_local_model_that_is_gone_is_answered_by_the_cloud(in_mode: Stack) -> None:
    in_mode.host("front").run("docker stop -t 1 dream-lab-ollama-1")
    assert in_mode.ask("quick") == (200, "This is large-1, in the cloud.")
    in_mode.host("front").run("docker start dream-lab-ollama-1")


def test_a_mode_whose_secret_is_missing_is_refused_and_nothing_changes(running: Stack) -> None:
    front = running.host("front")
    before = front.run("docker ps -q | sort")
    front.run("sed -i.kept /DREAM_LAB_CLOUD_KEY/d /opt/dream/.env")
    done = running.dream("front", "mode", "cloud", "-y")
    front.run("mv /opt/dream/.env.kept /opt/dream/.env")
    assert done.returncode == 1
    assert "DREAM_LAB_CLOUD_KEY" in done.stderr
    assert front.run("docker ps -q | sort") == before
