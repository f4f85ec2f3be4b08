"""Compares a configuration with the keys and types that its version of LiteLLM reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dreamc.knowledge.litellm import Keys, Rules

TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "text": (str,),
    "env": (str,),
    "texts": (list, tuple),
    "list": (list, tuple),
    "mapping": (dict,),
}
INNER = ("router_settings", "litellm_settings", "general_settings")


def problems(config: Mapping[str, Any], rules: Rules) -> Iterator[str]:
    """What the version does not know or reads otherwise, as `place: what is wrong`."""
    yield from _keys(config, rules.sections["top_level"], "")
    for section in INNER:
        yield from _keys(config.get(section), rules.sections[section], section)
    for index, deployment in enumerate(_entries(config.get("model_list"))):
        place = f"model_list[{index}]"
        yield from _keys(deployment, rules.sections["deployment"], place)
        for part in ("litellm_params", "model_info"):
            yield from _keys(deployment.get(part), rules.sections[part], f"{place}.{part}")
    for index, group in enumerate(_entries((config.get("router_settings") or {}).get("routing_groups"))):
        yield from _keys(group, rules.sections["routing_group"], f"router_settings.routing_groups[{index}]")
    for name, server in (config.get("mcp_servers") or {}).items():
        yield from _keys(server, rules.sections["mcp_server"], f"mcp_servers.{name}")
    cache = (config.get("litellm_settings") or {}).get("cache_params")
    yield from _keys(cache, rules.sections["cache_params"], "litellm_settings.cache_params")
    yield from _expanded(config, "")


def _keys(value: object, keys: Keys, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for key, given in value.items():
        where = f"{place}.{key}" if place else str(key)
        kind = keys.types.get(key)
        if kind is None:
            yield f"{where}: LiteLLM has no such key, or dreamc has no use for it"
        elif not _is(given, kind):
            yield f"{where}: {given!r} is not of type {kind}"


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool) and kind != "bool":
        return False
    if not isinstance(value, TYPES[kind]):
        return False
    if kind == "env":
        return str(value).startswith("os.environ/")
    return kind != "texts" or all(isinstance(each, str) for each in _entries(value))


def _expanded(value: object, place: str) -> Iterator[str]:
    """LiteLLM expands `os.environ/NAME` and leaves `${NAME}` as it stands."""
    if isinstance(value, str) and "${" in value:
        yield f"{place}: LiteLLM does not expand {value!r}"
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _expanded(inner, f"{place}.{key}" if place else str(key))
    if isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _expanded(inner, f"{place}[{index}]")


def _entries(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()
