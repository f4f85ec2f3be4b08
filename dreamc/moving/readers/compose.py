"""docker compose files: the servers and services that they start."""

from __future__ import annotations

import re
from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import words
from dreamc.moving.draft import Draft
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.readers.compose_parts import filled
from dreamc.moving.readers.compose_services import beside, gateway, model_server, ollama, unknown
from dreamc.moving.scalars import mapping, series, text
from dreamc.moving.types import Claim

MODES = ("hybrid", "local", "cloud")
_SIGNS = (
    ("vllm", r"vllm"), ("ollama", r"ollama/ollama|^ollama"), ("open-webui", r"open-webui|openwebui"),
    ("litellm", r"litellm"), ("qdrant", r"qdrant"), ("searxng", r"searxng"), ("n8n", r"n8n"),
    ("whisper", r"whisper|speaches"), ("tts", r"kokoro|openedai-speech|piper|\btts\b"),
    ("redis", r"\bredis\b|\bvalkey\b"),
)  # fmt: skip
"""What an image is of, the first that matches."""
_NAMED = (
    ("mcp-memory", r"mcp-memory|server-memory"), ("mcp-whitelist-manager", r"mcp-whitelist|whitelist-manager"),
    ("litellm", r"^(llm-?)?(gateway|router)$"), ("tts", r"^tts$"), ("whisper", r"^(whisper|stt)$"),
)  # fmt: skip
"""By the name of the service, where its image says nothing."""


def read(notes: Notes, draft: Draft) -> None:
    """Every service, then what stands around them."""
    value = mapping(notes.given.value)
    for name, service in mapping(value.get("services")).items():
        one = mapping(service)
        kind = kind_of(draft, name, one)
        at: Path = ("services", name)
        match kind:
            case "vllm":
                model_server(notes, draft, at, name, one)
            case "ollama":
                ollama(notes, draft, at, name, one)
            case "litellm":
                gateway(notes, draft, at, name, one)
            case "":
                unknown(notes, at, name)
            case _:
                beside(notes, draft, at, name, one, kind)
    _around(notes, draft, value)


def kind_of(draft: Draft, name: str, service: dict[str, Any]) -> str:
    """What a service is, by its image, its command or its name; empty for what dreamc does not run."""
    image = filled(draft, text(service.get("image")), "").partition("@")[0].lower()
    command = " ".join(text(word) for word in (*series(service.get("entrypoint")), *series(service.get("command"))))
    for kind, sign in _NAMED[:2]:
        if re.search(sign, f"{name} {command}"):
            return kind
    if re.search(r"vllm serve|vllm\.entrypoints", command):
        return "vllm"
    looked_at = image.rpartition("/")[2] if image.startswith("ollama") else image
    found = next((kind for kind, sign in _SIGNS if re.search(sign, looked_at)), "")
    return found or next((kind for kind, sign in _NAMED if not image and re.search(sign, name)), "")


def _around(notes: Notes, draft: Draft, value: dict[str, Any]) -> None:
    for key, one in value.items():
        if key == "version":
            notes.correct((key,), "", "obsolete: docker compose ignores it")
        elif key == "name" and text(one):
            draft.claim(notes, (key,), ("name",), words.label(text(one).removeprefix("dream-")))
        elif key == "networks":
            notes.correct((key,), "", "the compiler's own: one network without a way out, one for what is published")
        elif key == "volumes":
            notes.correct((key,), ("data", "root"), "data lies in directories below data: root, the same in every mode")
        elif key.startswith("x-"):
            notes.take((key,), "", "what it is repeated for is read there")
        elif key != "services":
            notes.leave((key,), f"{SEEN} services; this has no place among them")
    mode = next((mode for mode in MODES if f".{mode}." in notes.given.name.rpartition("/")[2]), None)
    if mode is not None:
        draft.claims.append(Claim(("mode",), mode, notes.at(())))
