"""`whitelist.json`: what may leave the machine."""

from __future__ import annotations

import re

from dreamc.diagnostics.types import Path
from dreamc.knowledge.providers import provider
from dreamc.moving import words
from dreamc.moving.draft import Draft
from dreamc.moving.kinds import host_of, kind_at
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import mapping, series, switch, text
from dreamc.moving.types import Claim

LISTS = {"cloud_apis": "cloud_apis", "apis": "cloud_apis", "domains": "domains", "mcp_servers": "mcp_servers"}


def read(notes: Notes, draft: Draft) -> None:
    """Lists as they are; a domain with a scheme or a star is written as dream.yaml wants it."""
    found: dict[str, list[str]] = {}
    for key, value in mapping(notes.given.value).items():
        if key in LISTS:
            for index, item in enumerate(series(value)):
                _item(notes, (key, index) if isinstance(value, list) else (key,), LISTS[key], text(item), found)
            if value == []:
                notes.take((key,), ("whitelist", LISTS[key]))
        elif key == "allowed_for_cloud" and isinstance(value, dict):
            _tasks(notes, draft, value)
    for key, items in found.items():
        draft.claims.append(_claim(notes, key, items))


def _item(notes: Notes, at: Path, key: str, item: str, found: dict[str, list[str]]) -> None:
    plain = item if key == "mcp_servers" else host_of(item.replace("*.", ""))
    known = provider(kind_at(plain) or "") if key == "cloud_apis" else None
    plain = known.domain if known is not None else plain
    target = ("whitelist", key)
    if not plain or re.search(r"[^A-Za-z0-9._-]", plain):
        notes.leave(at, "no host name" if key != "mcp_servers" else "no name of an MCP server")
        return
    if plain == item:
        notes.take(at, target)
    else:
        notes.correct(at, target, "only the host name counts, and it stands for its subdomains")
    if plain not in found.setdefault(key, []):
        found[key].append(plain)


def _tasks(notes: Notes, draft: Draft, value: dict[str, object]) -> None:
    for task, allowed in value.items():
        at, on = ("allowed_for_cloud", task), switch(allowed)
        if on is None:
            notes.leave(at, "neither true nor false")
        else:
            draft.claim(notes, at, ("whitelist", "allowed_for_cloud", words.word(task)), on)


def _claim(notes: Notes, key: str, items: list[str]) -> Claim:
    source = next(name for name in mapping(notes.given.value) if LISTS.get(name) == key)
    return Claim(("whitelist", key), items, notes.at((source,)))
