"""Where to ask on the Internet, as the environment says it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from dreamc.errors import DreamError
from dreamc.hub.web import Internet

DOCKER_HUB = ("https://index.docker.io/v1/", "registry-1.docker.io")
"""What docker calls the account of Docker Hub in its configuration, and the server that answers."""


def internet(timeout: float) -> Internet:
    """HF_ENDPOINT, HF_TOKEN, DREAMC_OLLAMA_REGISTRY, DREAMC_IMAGE_REGISTRY, and what `docker login` left behind."""
    usual = Internet()
    return Internet(
        hub=_address("HF_ENDPOINT") or usual.hub,
        token=_token(),
        ollama=_address("DREAMC_OLLAMA_REGISTRY") or usual.ollama,
        images=_address("DREAMC_IMAGE_REGISTRY") or None,
        logins=_logins(Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"),
        timeout=timeout,
    )


def _address(variable: str) -> str:
    given = os.environ.get(variable, "").strip().rstrip("/")
    if given and not given.startswith(("http://", "https://")):
        raise click.UsageError(f"{variable} must be an address such as https://mirror.example.com, not '{given}'")
    return given


def _token() -> str | None:
    """None: huggingface_hub looks for the one that `hf auth login` saved. A broken one is never shown."""
    given = (os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or "").strip()
    if not given.isascii() or any(not one.isprintable() or one == " " for one in given):
        raise DreamError("HF_TOKEN holds what no token has: spaces or odd characters", "", "set it again, or unset it")
    return given or None


def _logins(path: Path) -> Mapping[str, str]:
    """Basic credentials by registry. Those that docker keeps in a helper program are not asked for."""
    try:
        rows = json.loads(path.read_bytes())["auths"]
        found = {str(place): str(row["auth"]) for place, row in rows.items() if row.get("auth")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    hub, server = DOCKER_HUB
    return found | ({server: found[hub]} if hub in found else {})
