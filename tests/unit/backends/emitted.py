"""What the back ends make of a Stack, read back."""

from __future__ import annotations

from typing import Any

import yaml

from dreamc.backends.emit import emit
from dreamc.stack.types import Mode, Stack


def files(stack: Stack, host: str = "desk") -> dict[str, str]:
    """Text by path."""
    bundle = next(bundle for bundle in emit(stack) if bundle.host == host)
    return {artifact.path: artifact.text for artifact in bundle.artifacts}


def compose(stack: Stack, mode: Mode, host: str = "desk") -> dict[str, Any]:
    """A compose file as values."""
    value: dict[str, Any] = yaml.safe_load(files(stack, host)[f"docker-compose.{mode}.yml"])
    return value


def services(stack: Stack, mode: Mode, host: str = "desk") -> dict[str, dict[str, Any]]:
    """Its services."""
    found: dict[str, dict[str, Any]] = compose(stack, mode, host)["services"]
    return found
