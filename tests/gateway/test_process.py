"""Starting and stopping a real proxy, and what it says when it cannot."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from dreamc.errors import DreamError
from dreamc.gateway.process import Launch, Proxy
from dreamc.gateway.reach import through_upstream
from dreamc.gateway.upstream import Upstream
from tests.gateway import shape
from tests.gateway.conftest import launch_of

pytestmark = [pytest.mark.gateway, pytest.mark.xdist_group("process")]


def test_a_key_litellm_ignores_and_a_model_it_drops_are_complaints(upstream: Upstream, tmp_path: Path) -> None:
    config = through_upstream(shape.config(), upstream.url)
    config["router_settings"]["alowed_fails"] = 1
    config["model_list"].append({"model_name": "lost", "litellm_params": {"model": "qwen3:8b"}})
    with Proxy(launch_of(config, tmp_path)) as proxy:
        complaints = "\n".join(proxy.complaints)
    assert "alowed_fails" in complaints
    assert "LLM Provider NOT provided" in complaints


def test_a_proxy_leaves_no_process_and_no_port_behind(upstream: Upstream, tmp_path: Path) -> None:
    with Proxy(launch_of(through_upstream(shape.config(), upstream.url), tmp_path)) as proxy:
        port = proxy.port
        assert _is_open(port)
    assert not _is_open(port)
    assert proxy.key not in proxy.log


def test_a_configuration_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    launch = launch_of({"router_settings": {"routing_strategy": "bogus"}, "model_list": []}, tmp_path)
    with pytest.raises(DreamError, match="ended while starting") as caught, Proxy(launch):
        pass
    assert str(tmp_path / "gateway.log") in caught.value.state


def test_a_port_that_is_taken_gets_another_port_as_remedy(upstream: Upstream, tmp_path: Path) -> None:
    launch = launch_of(through_upstream(shape.config(), upstream.url), tmp_path)
    port = int(upstream.url.rpartition(":")[2])  # the upstream sits on it
    with pytest.raises(DreamError) as caught, Proxy(Launch(launch.config, launch.log, port, environment=os.environ)):
        pass
    assert caught.value.remedy == "give another port"
    assert not launch.log.exists()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
