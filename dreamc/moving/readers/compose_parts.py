"""Parts of a compose service: variables, ports, volumes, GPUs, images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from dreamc.diagnostics.types import Path
from dreamc.knowledge.images import image
from dreamc.knowledge.vllm import vllm_versions
from dreamc.moving.draft import Booked, Draft, Mounted
from dreamc.moving.notes import Notes
from dreamc.moving.readers.env import is_secret
from dreamc.moving.scalars import mapping, series, text, whole

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-?+]([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_VERSION = re.compile(r"v?\d[\w.-]*")
GPU_VARIABLES = ("NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")


class Port(Struct, frozen=True):
    """`path` is its key; `address` empty for all."""

    path: Path
    address: str
    published: int
    target: int


def filled(draft: Draft, value: str, file: str) -> str:
    """The text with its variables filled in, from .env files or by their defaults; secrets stay as they are."""

    def one(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if is_secret(name, draft.variables.get(name, "")):
            return match[0]
        if name in draft.variables and file:
            draft.used.setdefault(name, []).append(file)
        default = match[2] or "" if ":-" in match[0] or ("${" in match[0] and "-" in match[0]) else ""
        return draft.variables.get(name, default)

    return _VARIABLE.sub(one, value)


def ports(draft: Draft, notes: Notes, at: Path, service: dict[str, Any]) -> Iterator[Port]:
    """Every port that is published, in its short or long form."""
    for index, one in enumerate(series(service.get("ports"))):
        here = (*at, "ports", index)
        if isinstance(one, dict):
            yield Port(here, text(one.get("host_ip")), whole(one.get("published")) or 0, whole(one.get("target")) or 0)
            continue
        spelt = filled(draft, text(one), notes.given.name).partition("/")[0]
        parts = spelt.rsplit(":", 2)
        address = parts[0].strip("[]") if len(parts) == 3 else ""
        numbers = [whole(part) or 0 for part in parts[-2:]]
        yield Port(here, address, numbers[0] if len(numbers) == 2 else 0, numbers[-1])


def environment(service: dict[str, Any], at: Path) -> Iterator[tuple[Path, str, str]]:
    """Key, name and value of each variable, whether they are a mapping or a list."""
    given = service.get("environment")
    if isinstance(given, dict):
        yield from (((*at, "environment", name), name, text(value)) for name, value in given.items())
    for index, one in enumerate(series(given)):
        name, _, value = text(one).partition("=")
        yield (*at, "environment", index), name, value


def mounts(draft: Draft, notes: Notes, at: Path, service: dict[str, Any], kind: str) -> None:
    """Remembered until all files are read: the same data must be in the same place in every mode."""
    for index, one in enumerate(series(service.get("volumes"))):
        here = (*at, "volumes", index)
        if isinstance(one, dict):
            source, target = text(one.get("source")), text(one.get("target"))
        else:
            source, _, rest = filled(draft, text(one), notes.given.name).partition(":")
            target = rest.partition(":")[0]
        draft.mounted.append(Mounted(kind, target or source, source if target else "", notes, here))


def gpus(draft: Draft, notes: Notes, at: Path, service: dict[str, Any], name: str) -> bool:
    """GPUs that a service books, remembered until the whole file is read; whether it books any."""
    under = (*at, "deploy", "resources", "reservations", "devices")
    devices = mapping(mapping(mapping(service.get("deploy")).get("resources")).get("reservations")).get("devices")
    books = False
    for index, one in enumerate(series(devices)):
        entry = mapping(one)
        count = whole(entry.get("count")) or 1
        ids = tuple(text(each) for each in series(entry.get("device_ids"))) or tuple(map(str, range(count)))
        draft.booked += [Booked(notes, (*under, index), name, each) for each in ids]
        draft.most_gpus = max(draft.most_gpus, count, *(int(each) + 1 for each in ids if each.isdigit()))
        books = True
    for here, variable, value in environment(service, at):
        if variable in GPU_VARIABLES:
            listed = [each.strip() for each in filled(draft, value, "").split(",") if each.strip().isdigit()]
            draft.booked += [Booked(notes, here, name, each) for each in listed or ["0"]]
            draft.most_gpus = max(draft.most_gpus, *(int(each) + 1 for each in listed or ["0"]))
            books = True
    for key in ("gpus", "runtime"):
        if key in service:
            notes.correct((*at, key), "models.*.gpu", "the compiler places models on cards")
            books = True
    return books


def version(draft: Draft, notes: Notes, at: Path, service: dict[str, Any], name: str) -> None:
    """The tag of an image that dreamc runs too; one that moves is not a version."""
    if "build" in service:
        notes.correct((*at, "build"), ("images", name), "dreamc runs a published image of a fixed version")
    if "image" not in service:
        return
    here, table = (*at, "image"), image(name)
    reference = filled(draft, text(service["image"]), notes.given.name)
    repository, _, tag = reference.partition("@")[0].rpartition(":")
    if not repository or "/" in tag:
        repository, tag = reference, ""
    if table is None or repository.rpartition("/")[2] != table.repository.rpartition("/")[2]:
        notes.correct(here, ("images", name), f"dreamc runs {table.reference if table else name} for this")
    elif not _VERSION.fullmatch(tag):
        notes.correct(here, ("images", name), f"'{tag or 'latest'}' moves; the table's version is used: {table.tag}")
    elif tag == table.tag:
        notes.take(here, ("images", name), "the table's own version")
    elif name == "vllm" and tag.removeprefix("v") not in vllm_versions():
        notes.correct(here, ("images", name), f"its options are not known; {table.tag} is used")
    elif name in ("ollama", "vllm", "redis"):
        draft.claim(notes, here, ("images", name), tag.removeprefix("v") if table.tag.startswith("v") else tag)
    else:
        notes.correct(
            here, ("images", name), f"{table.tag} is used, which the service's other settings are for; pin yours there"
        )
