"""What the hub refuses, in words; and the download into this machine's own cache."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.types import Progress
from dreamc.supply.want import label_of, pinned, safe_path


class Elsewhere(DreamError):
    """This way is closed, another may be open: no network there, or no library in the image."""


class Hub(Struct, frozen=True):
    """Where models are downloaded from. Empty: what huggingface_hub's own settings say (HF_ENDPOINT, HF_TOKEN, login).

    `token` never appears in a command line, an error or a repr.
    """

    token: str = ""
    endpoint: str = ""

    def __repr__(self) -> str:
        return f"Hub(endpoint={self.endpoint!r})"


def job(hub: Hub, weights: Weights, cache: str) -> dict[str, Any]:
    """What `host/fetch_hub.py` is to do. Holds the token: for standard input only."""
    files = [
        {"sha256": "", "sha1": "", **to_builtins(file), "path": safe_path(file.path)}
        for file in (weights.files if pinned(weights) else ())
    ]
    return {
        "repository": weights.name,
        "revision": weights.revision or "main",
        "files": files,
        "cache": cache,
        "token": hub.token,
        "endpoint": hub.endpoint,
    }


def fetch(hub: Hub, weights: Weights, cache: Path, moved: Progress) -> Path:
    """The snapshot in this machine's cache; DreamError where it cannot be had. Files that are there are not fetched."""
    from huggingface_hub.utils import disable_progress_bars, logging

    from dreamc.supply.host import fetch_hub

    total = sum(file.size for file in weights.files)

    def say(value: Mapping[str, Any]) -> None:
        nonlocal total
        total = int(value.get("total", total))
        if "done" in value:
            moved("controller", label_of(weights), int(value["done"]), total)

    disable_progress_bars()
    logging.set_verbosity_error()
    try:
        commit = fetch_hub.run(job(hub, weights, str(cache)), say)
    except fetch_hub.Refused as refused:
        raise refusal("controller", weights, refused.kind, refused.text) from None
    return cache / f"models--{weights.name.replace('/', '--')}" / "snapshots" / commit


REFUSALS: Mapping[str, tuple[str, str]] = {
    "gated": (
        "{model} is gated, and the token may not read it",
        "accept its terms at huggingface.co/{name} with the account of the token, and give that as HF_TOKEN",
    ),
    "token": ("the hub refuses the token for {model}", "give a token that may read it as HF_TOKEN"),
    "repository": (
        "the hub has no {model}, or it is private and the token may not see it",
        "check the name in dream.yaml, and HF_TOKEN if it is private",
    ),
    "revision": ("{model} has no revision {revision}", "check the revision in dream.yaml, or run dreamc lock"),
    "file": ("a pinned file of {model} is not on the hub any more", "run dreamc lock to take the files of today"),
    "network": (
        "the hub cannot be reached for {model}",
        "check the connection, or bring it from elsewhere: --via push, --via neighbour",
    ),
    "disk": ("the disk is full", "make room, then repeat"),
    "checksum": (
        "{model} arrives with other content than {said}",
        "a proxy or mirror may change it; run dreamc lock only if the change is meant",
    ),
    "library": ("the image has no huggingface_hub", "use --via push"),
}


def refusal(host: str, weights: Weights, kind: str, text: str) -> DreamError:
    """The error of a refusal, in the words of this tool."""
    what, remedy = REFUSALS.get(kind, ("fetching {model} failed", "repeat the command"))
    said = "the lock file says" if pinned(weights) else "the hub says"
    words = {"model": label_of(weights), "name": weights.name, "revision": weights.revision, "said": said}
    detail = f" ({text})" if text and kind in ("network", "other", "checksum", "token", "library") else ""
    state = "the wrong files were removed, the others are kept" if kind == "checksum" else "nothing was stopped"
    error = Elsewhere if kind in ("network", "library") else DreamError
    return error(f"{host}: {what.format(**words)}{detail}", state, remedy.format(**words))
