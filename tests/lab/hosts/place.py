"""Where a lab keeps its things, and the addresses in it.

What is built once (file systems, images, keys) is shared by every lab of a machine; what runs belongs to one name, so
that several people and tests may run a lab each at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SUBNET = "10.78.0"
CONTROL = f"{_SUBNET}.1"
REGISTRY = f"{CONTROL}:5000"
CLOUD = f"http://{CONTROL}:8800/v1"


class LabError(Exception):
    """The lab cannot do what it was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """One lab: `cache` holds what was built, `name` tells labs on the same machine apart."""

    cache: Path
    name: str

    @property
    def base(self) -> Path:
        """File system of a host, before anything about the lab is added."""
        return self.cache / "host"

    @property
    def common(self) -> Path:
        """What every host has on top of it: keys, configuration, stubs."""
        return self.cache / "common"

    @property
    def tools(self) -> Path:
        """File system that all images start from."""
        return self.cache / "tools"

    @property
    def downloads(self) -> Path:
        return self.cache / "downloads"

    @property
    def layers(self) -> Path:
        """Image layers by the digest of what went into them."""
        return self.cache / "layers"

    @property
    def stored(self) -> Path:
        """The registry's blobs."""
        return self.cache / "registry"

    @property
    def key(self) -> Path:
        """Private key that every host lets in."""
        return self.cache / "id"

    @property
    def running(self) -> Path:
        """State of this lab: its processes, machines and logs."""
        return self.cache / "run" / self.name

    @property
    def namespace(self) -> str:
        """Network namespace of the control network."""
        return f"dreamc-{self.name}"

    def machine(self, number: int) -> Path:
        return self.running / f"host{number}"


def here(environment: Mapping[str, str] = os.environ) -> Place:
    """The lab of $DREAM_LAB and $DREAM_LAB_NAME; each worker of pytest-xdist has its own."""
    cache = environment.get("DREAM_LAB") or str(Path.home() / ".cache" / "dreamc-lab")
    worker = environment.get("PYTEST_XDIST_WORKER", "")
    return Place(Path(cache).absolute(), environment.get("DREAM_LAB_NAME", "lab") + worker)


def address(number: int) -> str:
    """IP address of host `number`, from 1."""
    return f"{_SUBNET}.{10 + number}"
