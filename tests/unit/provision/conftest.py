"""Hosts that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.provision.installed import Installed, install


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """A host on this machine with an applied release, all of it well."""
    return install(tmp_path, monkeypatch)
