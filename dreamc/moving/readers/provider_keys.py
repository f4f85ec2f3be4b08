"""Keys of an entry of providers.yaml beside its models."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.knowledge.gpus import gpu
from dreamc.moving import words
from dreamc.moving.draft import Draft, Model
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.readers.command import SIZED
from dreamc.moving.scalars import mapping, text, whole


def account_keys(notes: Notes, draft: Draft, at: Path, entry: dict[str, Any], name: str) -> None:
    """Of a cloud."""
    for key, value in entry.items():
        here = (*at, key)
        if key == "env_var" and text(value):
            draft.claim(notes, here, ("providers", name, "key"), f"env://{text(value)}")
        elif key == "requires_api_key":
            notes.take(here, ("providers", name, "key"))
            if value is False:
                draft.accounts[name] = ""
        elif key == "description" and text(value):
            draft.claim(notes, here, ("providers", name, "description"), text(value))
        elif key == "rate_limits":
            _limits(notes, draft, here, mapping(value), name)
        else:
            _seen(notes, here, key)


def server_keys(notes: Notes, at: Path, entry: dict[str, Any], models: list[Model]) -> None:
    """Of a server of one's own; what it says of all its models is said of each."""
    for key, value in entry.items():
        here = (*at, key)
        if key == "max_model_len" and (count := whole(value)):
            _all(notes, models, "context", words.tokens(count), here)
        elif key == "gpu_memory_utilization":
            notes.correct(here, "", SIZED)
        elif key == "configuration":
            _configuration(notes, here, mapping(value), models)
        elif key == "requires_api_key":
            notes.take(here, "", "the compiler sets a key where a server is reached from another host")
        elif key == "rate_limits":
            notes.leave(here, "a server of one's own has no limits but concurrency:")
        elif key == "description":
            notes.leave(here, "a server has no description; its models have")
        else:
            _seen(notes, here, key)


def hardware(notes: Notes, draft: Draft, at: Path, entry: dict[str, Any]) -> None:
    """The card that a server needs is the card that there is."""
    needs, here = mapping(entry.get("hardware_requirements")), (*at, "hardware_requirements")
    name = text(needs.get("gpu_model"))
    known = gpu(name) if name else None
    if known is not None:
        draft.cards.append((known.name, 1, notes.at((*here, "gpu_model"))))
        notes.take((*here, "gpu_model"), "hardware.*.gpus")
    elif name:
        notes.leave((*here, "gpu_model"), "the table knows no card of that name: describe it under hardware:")
    for key in ("gpu_vram_gb", "compute_capability"):
        if key in needs and known is not None:
            notes.take((*here, key), "hardware.*.gpus", "the table has it of the card")
        elif key in needs:
            notes.leave((*here, key), "of which card is not said")


def _configuration(notes: Notes, at: Path, value: dict[str, Any], models: list[Model]) -> None:
    names = {"n_ctx": "context", "n_parallel": "concurrency"}
    for key, one in value.items():
        count = whole(one)
        if key in names and count:
            _all(notes, models, names[key], words.tokens(count) if key == "n_ctx" else count, (*at, key))
        elif key in ("n_gpu_layers", "threads"):
            notes.leave((*at, key), "models run on the card with all their layers")


def _all(notes: Notes, models: list[Model], key: str, value: object, at: Path) -> None:
    notes.take(at, f"models.*.{key}")
    for model in models:
        if model.location == "local" and not any(said.field == key for said in model.said):
            model.says(key, value, at)


def _limits(notes: Notes, draft: Draft, at: Path, value: dict[str, Any], name: str) -> None:
    for key, one in value.items():
        if key in ("requests_per_minute", "tokens_per_minute") and (count := whole(one)):
            draft.claim(notes, (*at, key), ("providers", name, "rate_limits", key), count)
        else:
            notes.leave((*at, key), "limits are per minute here; a budget limits days and months")


def _seen(notes: Notes, at: Path, key: str) -> None:
    if key in ("health_endpoint", "api_format"):
        notes.take(at, "", SEEN)
    elif key in ("features", "docs", "location", "service_file", "notes"):
        notes.leave(at, "for people; nothing reads it")
