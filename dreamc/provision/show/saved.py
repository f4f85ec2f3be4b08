"""A plan as JSON: what `-o plan.json` writes and `apply plan.json` reads back."""

from __future__ import annotations

import msgspec

from dreamc.errors import DreamError
from dreamc.provision.plan.types import VERSION, Plan


def saved(plan: Plan) -> str:
    """Deterministic, two spaces deep, LF at the end; valid under schemas/plan.schema.json."""
    return msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=2).decode() + "\n"


def read_saved(text: str | bytes, name: str) -> Plan:
    """The plan in the file `name`; DreamError where it is none, or of another version."""
    try:
        version = msgspec.json.decode(text, type=_Head).version
        if version != VERSION:
            raise _refused(name, f"is a plan of version {version}; this dreamc reads version {VERSION}")
        return msgspec.json.decode(text, type=Plan)
    except msgspec.DecodeError as error:
        raise _refused(name, f"is no plan: {error}") from error


class _Head(msgspec.Struct):
    version: int


def _refused(name: str, why: str) -> DreamError:
    return DreamError(f"{name} {why}", "nothing was changed", "make it anew: dreamc plan -o plan.json")
