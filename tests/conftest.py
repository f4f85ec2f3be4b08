"""What many tests share: the compose binary, the model server without models, the examples."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamc.gateway.upstream import Upstream
from tests.compose.obtain import default_cache, obtain

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """A run in the background of a script, or under nohup, ignores signals, and so would every process of a test."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def compose_binary() -> Path:
    """The docker compose v2 binary; the test is skipped, with the reason, where it cannot be obtained."""
    try:
        return obtain(default_cache())
    except RuntimeError as reason:
        pytest.skip(f"no docker compose v2: {reason}")


@pytest.fixture(scope="session")
def session_upstream() -> Iterator[Upstream]:
    """One model server for the proxies of this session."""
    with Upstream() as server:
        yield server


@pytest.fixture
def upstream(session_upstream: Upstream) -> Iterator[Upstream]:
    """The same, healthy and with no calls counted."""
    session_upstream.heal()
    session_upstream.clear()
    yield session_upstream
    session_upstream.heal()
