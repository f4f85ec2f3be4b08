"""An sshd for the tests of this folder, started once and as this user."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sshd import SSHD, Server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    if SSHD is None:
        pytest.skip("there is no sshd on this machine: install openssh-server")
    server = Server()
    yield server
    server.remove()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """The server with its right host key known."""
    shared_server.know(shared_server.host_key)
    return shared_server


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A private directory for connections that are kept open: short enough for a socket, not the user's own."""
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder) / "dreamc"
