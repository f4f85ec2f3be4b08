"""Where to ask on the Internet, as the environment says it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from dreamc.cli.credential_helper import ask
from dreamc.errors import DreamError
from dreamc.hub.logins import Logins
from dreamc.hub.web import Internet


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


def _logins(path: Path) -> Logins:
    """What is no configuration of docker's says nothing: docker itself will complain."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Logins()
    if not isinstance(value, dict):
        return Logins()
    rows = _texts(value, "auths", lambda row: row.get("auth") if isinstance(row, dict) else None)
    store = value.get("credsStore")
    return Logins(rows, _texts(value, "credHelpers", lambda row: row), store if isinstance(store, str) else "", ask)


def _texts(value: Mapping[str, object], key: str, text: Callable[[object], object]) -> dict[str, str]:
    """The rows of a part that say something."""
    part = value.get(key)
    found = {place: text(row) for place, row in part.items()} if isinstance(part, dict) else {}
    return {place: said for place, said in found.items() if isinstance(said, str) and said}
