"""Hosts that several verbs look at."""

from __future__ import annotations

from tests.unit.provision.conftest import installed

__all__ = ["installed"]
