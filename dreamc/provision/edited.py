"""What of a host's whitelist was edited at run time and does not stand in dream.yaml: it counts, so it is said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dreamc.artifact.types import Bundle
from dreamc.provision.facts import texts
from dreamc.provision.session import Session
from dreamc.provision.survey import Wish

FOLDER, FILE = "data/whitelist", "additions.json"
COMPILED = "config/whitelist.json"


def edited(session: Session, wish: Wish) -> tuple[str, ...]:
    """A line for each edit, and how to take it over. One round trip, only for hosts whose bundle has a whitelist."""
    compiled = _compiled(wish.bundle)
    if compiled is None:
        return ()
    text = texts(session, wish.root, (FILE,), FOLDER).get(FILE, "")
    if not text:
        return ()
    try:
        return tuple(_lines(json.loads(text), compiled))
    except (ValueError, KeyError, TypeError, AttributeError):
        return (f"{wish.root}/{FOLDER}/{FILE} cannot be read: the gateway keeps to what it read before",)


def _compiled(bundle: Bundle | None) -> Mapping[str, Any] | None:
    text = next((one.text for one in bundle.artifacts if one.path == COMPILED), None) if bundle else None
    found: Mapping[str, Any] | None = None if text is None else json.loads(text)
    return found


def _lines(edits: Mapping[str, Any], compiled: Mapping[str, Any]) -> Iterator[str]:
    for change in edits["changes"]:
        kind, name, allowed = str(change["resource_type"]), str(change["resource_name"]), bool(change["allowed"])
        if _stands(compiled.get(kind, ()), name, allowed=allowed):
            continue
        did, way = ("allowed", "add it to") if allowed else ("denied", "remove it from")
        if kind == "allowed_for_cloud":
            way = f"write {name}: {str(allowed).lower()} under"
        yield f"{name} was {did} at run time, and stays so: {way} `whitelist: {kind}:`, or undo it there"


def _stands(listed: object, name: str, *, allowed: bool) -> bool:
    if isinstance(listed, Mapping):
        return listed.get(name) is allowed
    names = [str(one).lower() for one in listed] if isinstance(listed, (list, tuple)) else []
    return (name.lower() in names) is allowed
