"""What was changed of the whitelist while the gateway ran: an overlay over the compiled one. Pure.

additions.json (version 1): {"version": 1, "changes": [{"resource_type", "resource_name", "allowed": bool}]}, each
thing once. What counts is the compiled whitelist with these changes laid over it. They stay when the compiled one is
replaced: what was allowed or taken back at run time is so until it is undone at run time, whatever an apply brings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from .reading import Node, PolicyError, parse
from .types import Whitelist

ResourceType = Literal["cloud_apis", "domains", "mcp_servers", "allowed_for_cloud"]
RESOURCE_TYPES: tuple[ResourceType, ...] = get_args(ResourceType)
VERSION = 1
MOST = 10_000
"""Changes that a file may hold."""

DOMAIN = r"(?!-)(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
"""As dream.yaml takes them: a host name alone, which stands for its subdomains too."""
_EXPECTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cloud_apis": (DOMAIN, "a host name such as api.example.com, without scheme, port and path"),
        "domains": (DOMAIN, "a host name such as docs.example.com, without scheme, port and path"),
        "mcp_servers": (r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "the name of an MCP server: letters, digits and . _ -"),
        "allowed_for_cloud": (r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", "a kind of task: letters, digits and _ . -"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is allowed or denied whatever the compiled whitelist says."""

    resource_type: ResourceType
    resource_name: str
    allowed: bool


Edits = tuple[Change, ...]


def wrong_name(resource_type: str, name: str) -> str | None:
    """Why `name` cannot stand in a whitelist; None if it can. dream.yaml is held to the same."""
    if resource_type not in RESOURCE_TYPES:
        return f"{resource_type!r:.40} is not a resource type; known: {', '.join(RESOURCE_TYPES)}"
    pattern, expected = _EXPECTED[resource_type]
    if re.fullmatch(pattern, name):
        return None
    return f"{name!r:.80} is not {expected}"


def load_edits(text: str) -> Edits:
    """Reads an additions.json. Raises PolicyError, with the JSON path."""
    root = parse(text).shape(("version", "changes"))
    if root.key("version").value != VERSION:
        root.key("version").fail(f"expected {VERSION}, got {root.key('version').value!r}")
    items = root.key("changes").items()
    if len(items) > MOST:
        root.key("changes").fail(f"holds more than {MOST} changes")
    found: dict[tuple[str, str], Change] = {}
    for item in items:
        change = _change(item)
        key = (change.resource_type, _folded(change.resource_type, change.resource_name))
        if key in found:
            item.key("resource_name").fail(f"{change.resource_name!r} is named twice")
        found[key] = change
    return tuple(found.values())


def text_of(edits: Edits) -> str:
    """The text of an additions.json."""
    rows = [{"resource_type": c.resource_type, "resource_name": c.resource_name, "allowed": c.allowed} for c in edits]
    return json.dumps({"version": VERSION, "changes": rows}, indent=2, ensure_ascii=False) + "\n"


def merged(compiled: Whitelist, edits: Edits) -> Whitelist:
    """The whitelist that counts."""
    tasks = dict(compiled.tasks) | {c.resource_name: c.allowed for c in edits if c.resource_type == "allowed_for_cloud"}
    return Whitelist(
        cloud_domains=_over(compiled.cloud_domains, edits, "cloud_apis"),
        domains=_over(compiled.domains, edits, "domains"),
        mcp_servers=_over(compiled.mcp_servers, edits, "mcp_servers"),
        tasks=MappingProxyType(tasks),
    )


def changed(compiled: Whitelist, edits: Edits, change: Change) -> Edits:
    """The overlay with `change` in it; what only repeats the compiled whitelist is left out."""
    rest = tuple(each for each in edits if not _same(each, change))
    return rest if _stands(compiled, change) else (*rest, change)


def left(compiled: Whitelist, edits: Edits) -> Edits:
    """The changes that dream.yaml does not say yet: those to take over, or to undo."""
    return tuple(change for change in edits if not _stands(compiled, change))


def objection(whitelist: Whitelist, change: Change) -> str | None:
    """Why a change would not do what it says; `whitelist` is the one that counts before it."""
    kind, name = change.resource_type, change.resource_name
    if (why := wrong_name(kind, name)) is not None:
        return why
    if change.allowed or kind == "allowed_for_cloud":
        return (
            None if change.allowed or whitelist.tasks else "no kinds of task are listed, so there is none to take back"
        )
    listed = _listed(whitelist, kind)
    if _folded(kind, name) in {_folded(kind, each) for each in listed}:
        return None
    above = next((each for each in listed if name.lower().endswith(f".{each.lower()}")), None)
    allowed_by = f"; it is allowed by {above}, take that back" if above and kind != "mcp_servers" else ""
    return f"{name!r} is not listed under {kind}{allowed_by}"


def _change(item: Node) -> Change:
    item.shape(("resource_type", "resource_name", "allowed"))
    kind = item.key("resource_type").one_of(RESOURCE_TYPES, "a resource type")
    name, flag = item.key("resource_name").text(), item.key("allowed").flag()
    if (why := wrong_name(kind, name)) is not None:
        item.key("resource_name").fail(why)
    return Change(next(each for each in RESOURCE_TYPES if each == kind), name, flag)


def _over(listed: tuple[str, ...], edits: Edits, kind: ResourceType) -> tuple[str, ...]:
    own = {_folded(kind, c.resource_name): c for c in edits if c.resource_type == kind}
    kept = tuple(name for name in listed if _folded(kind, name) not in own)
    return kept + tuple(change.resource_name for change in own.values() if change.allowed)


def _stands(compiled: Whitelist, change: Change) -> bool:
    if change.resource_type == "allowed_for_cloud":
        return compiled.tasks.get(change.resource_name) is change.allowed
    names = {_folded(change.resource_type, name) for name in _listed(compiled, change.resource_type)}
    return (_folded(change.resource_type, change.resource_name) in names) is change.allowed


def _listed(whitelist: Whitelist, kind: ResourceType) -> tuple[str, ...]:
    found = {"cloud_apis": whitelist.cloud_domains, "domains": whitelist.domains}
    return found.get(kind, whitelist.mcp_servers if kind == "mcp_servers" else tuple(whitelist.tasks))


def _same(one: Change, other: Change) -> bool:
    kind = one.resource_type
    return kind == other.resource_type and _folded(kind, one.resource_name) == _folded(kind, other.resource_name)


def _folded(kind: str, name: str) -> str:
    """Host names are the same in any case; names of servers and tasks are not."""
    return name.lower().rstrip(".") if kind in ("cloud_apis", "domains") else name


def read_error(path: object, error: OSError) -> PolicyError:
    return PolicyError(str(path), error.strerror or str(error))
