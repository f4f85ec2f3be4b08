"""Options of `vllm serve` by version, as dumped from each release's own argument parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.table import table

# The version that is pinned where dream.yaml names none: the last row of capabilities.yaml.
NEWEST = "0.33.0"


class Flag(Struct, frozen=True):
    """One option. `type` is the parser's (int, float, ...); `nargs` as in argparse, 0 for a switch."""

    name: str
    aliases: tuple[str, ...]
    type: str | None
    choices: tuple[str, ...] | None
    nargs: str | int | None
    takes_value: bool


class FlagHistory(Struct, frozen=True):
    """First and last known version that has the option, what took its place (None: nothing did), and why it went."""

    name: str
    first: str
    last: str
    renamed_to: str | None
    why: str


def vllm_versions() -> tuple[str, ...]:
    """Versions with a flag table, oldest first."""
    return table("vllm/capabilities.yaml").keys("versions")


@cache
def flags(version: str) -> Mapping[str, Flag]:
    """Options of one version by canonical name (the first long spelling); KeyError for a version that is not known."""
    if version not in vllm_versions():
        raise KeyError(version)
    text = (Path(__file__).parent / "vllm" / f"flags-{version}.json").read_text(encoding="utf-8")
    return {name: _flag(name, row) for name, row in json.loads(text)["flags"].items()}


def flag(version: str, name: str) -> Flag | None:
    """The option spelt `name` (canonical or alias, with its dashes) in that version."""
    known = flags(version)
    return known.get(name) or _spellings(version).get(name)


def flag_history(name: str) -> FlagHistory | None:
    """When the option came and went over the known versions; None if no version has it. Reads every version's table."""
    having = [version for version in vllm_versions() if flag(version, name)]
    if not having:
        return None
    row = table("vllm/capabilities.yaml").row(name, "renamed")
    gone = row or {}
    return FlagHistory(name, having[0], having[-1], gone.get("to"), gone.get("why", ""))


def nearest_flags(version: str, name: str, n: int = 3) -> tuple[str, ...]:
    """Options of that version most like `name`."""
    return nearest(name, flags(version), n, cutoff=0.6)


@cache
def _spellings(version: str) -> dict[str, Flag]:
    return {alias: one for one in flags(version).values() for alias in one.aliases}


def _flag(name: str, row: Mapping[str, Any]) -> Flag:
    nargs, choices = row.get("nargs"), row.get("choices")
    aliases = tuple(row.get("aliases", ()))
    return Flag(name, aliases, row.get("type"), tuple(choices) if choices else None, nargs, nargs != 0)
