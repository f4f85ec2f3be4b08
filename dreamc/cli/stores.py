"""Where models may come from, as this machine's environment says: caches, a token, other hosts."""

from __future__ import annotations

import os
from pathlib import Path

from dreamc.supply.hub import Hub
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.shelf_ollama import OllamaShelf
from dreamc.supply.supply import Sources
from dreamc.supply.types import Shelf


def sources(neighbours: tuple[Shelf, ...] = (), archive: Shelf | None = None, offline: bool = False) -> Sources:
    """`HF_TOKEN` and `HF_ENDPOINT` are for the hub, here and on the hosts; `DREAMC_OLLAMA_REGISTRY` names a mirror."""
    hub = Hub(os.environ.get("HF_TOKEN", ""), os.environ.get("HF_ENDPOINT", ""))
    return Sources(neighbours, HubShelf(hub, online=not offline), ollama_shelf(offline), hub, archive, offline)


def ollama_shelf(offline: bool = False) -> OllamaShelf:
    """A store of our own below the user's cache, and beside it the one that an Ollama on this machine uses."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = Path(os.environ.get("OLLAMA_MODELS") or Path.home() / ".ollama" / "models")
    registry = os.environ.get("DREAMC_OLLAMA_REGISTRY", "")
    return OllamaShelf(cache / "dreamc" / "ollama", (own,), registry, online=not offline)
