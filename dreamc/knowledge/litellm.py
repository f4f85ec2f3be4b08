"""What a configuration of the LiteLLM proxy may hold, per version; LiteLLM itself ignores what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from msgspec import Struct

from dreamc.knowledge.table import table

_FOLDER = "litellm"


class Keys(Struct, frozen=True):
    """One mapping of the configuration: its keys, each with the type of its value.

    Types: int, number, bool, text, env (`os.environ/NAME`), texts (a list of texts), list, mapping.
    """

    name: str
    types: Mapping[str, str]


class Rules(Struct, frozen=True):
    """What one version of LiteLLM reads and dreamc writes: mappings by name, and its routing strategies."""

    version: str
    sections: Mapping[str, Keys]
    strategies: tuple[str, ...]


def versions() -> tuple[str, ...]:
    """Versions with rules, oldest first."""
    names = (entry.name for entry in files(__package__).joinpath(_FOLDER).iterdir())
    return tuple(sorted((name.removesuffix(".yaml") for name in names if name.endswith(".yaml")), key=_number))


def rules_for(version: str) -> Rules:
    """The rules of that version (`v1.106.2` or `1.106.2`); for one that has none, those of the newest version known."""
    known = versions()
    wanted = version.removeprefix("v")
    return _rules(wanted if wanted in known else known[-1])


@cache
def _rules(version: str) -> Rules:
    source = table(f"{_FOLDER}/{version}.yaml")
    sections = {name: _keys(version, name) for name in source.sections if name != "routing_strategies"}
    return Rules(version, MappingProxyType(sections), source.keys("routing_strategies"))


def _keys(version: str, section: str) -> Keys:
    rows = table(f"{_FOLDER}/{version}.yaml").rows(section)
    return Keys(section, MappingProxyType({key: row["type"] for key, row in rows}))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
