"""Hosts that are this machine, and models small enough to look at."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub_server import handler
from tests.hub_server.server import HubServer
from tests.supply.here import OPEN

FAKE = Path(__file__).with_name("fake")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub and registry on loopback."""
    send = handler.Handler._send

    def elsewhere(self: handler.Handler, status: int, headers: dict[str, str], data: bytes, fault: Any = None) -> None:
        if headers.get("Location", "").startswith("/"):
            headers = {**headers, "Location": self.hub.url.replace("127.0.0.1", "localhost") + headers["Location"]}
        send(self, status, headers, data, fault)

    monkeypatch.setattr(handler.Handler, "_send", elsewhere)
    with HubServer() as server:
        yield server


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The root of a stack on a host."""
    return tmp_path / "host"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No session outlives its test."""
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def docker(tmp_path: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker whose containers are processes here; the directory of its calls and images."""
    folder = tmp_path / "docker"
    (folder / "images").mkdir(parents=True)
    ollama = folder / "exec-ollama"
    ollama.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE / "ollama.py"}" "$@"\n')
    ollama.chmod(0o755)
    monkeypatch.setenv("PATH", f"{FAKE}:{os.environ['PATH']}")
    for name, value in (
        ("FAKE_DOCKER", folder), ("FAKE_PYTHON", sys.executable), ("FAKE_OLLAMA", ollama), ("FAKE_REGISTRY", hub.url),
    ):  # fmt: skip
        monkeypatch.setenv(name, str(value))
    return folder
