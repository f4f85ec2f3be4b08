"""References to secrets: a secret itself is never written in a file that is committed."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from dreamc.document.mistake import mistake, parsed_by

_EXPECTED = "a reference to a secret such as env://OPENAI_API_KEY"
_KINDS = ("env", "file", "sops", "op")
_REFERENCE = re.compile(r"([a-z]+)://(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHAPES = {
    "env": _NAME,
    "file": re.compile(r"[^\s]+"),
    "sops": re.compile(r"[^#\s]+#[^\s]+"),
    "op": re.compile(r"[^/]+(/[^/]+)+"),
}
_HINTS = {"env": ", a name of letters, digits and _"}
_FORMS = {"env": "env://NAME", "file": "file://PATH", "sops": "sops://FILE#key", "op": "op://vault/item/field"}


class SecretRef(Struct, frozen=True):
    """`kind` is env, file, sops or op; `name` is what follows `kind://`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}://{self.name}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return parsed_by(secret_ref)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(env|file|sops|op)://.+$", "examples": ["env://OPENAI_API_KEY"]}


def secret_ref(value: object) -> SecretRef:
    """A reference from its text. The text is never repeated in a message: it may be the secret itself."""
    if isinstance(value, SecretRef):
        return value
    if not isinstance(value, str):
        raise mistake("DRM105", value, _EXPECTED, secret=isinstance(value, (int, float)))
    found = _REFERENCE.fullmatch(value)
    if found is None:
        raise mistake("DRM113", value, _EXPECTED, _name_help(value), secret=True)
    kind, name = found[1], found[2]
    if kind not in _KINDS:
        raise mistake("DRM112", value, _EXPECTED, f"the kinds are {', '.join(_FORMS.values())}", secret=True)
    if _SHAPES[kind].fullmatch(name) is None:
        raise mistake("DRM112", value, f"{_FORMS[kind]}{_HINTS.get(kind, '')}", secret=True)
    return SecretRef(kind, name)


def _name_help(value: str) -> str:
    # Only what is surely a variable's name may be shown; anything else may be a key.
    found = re.fullmatch(
        r"(?:os\.environ/|env:/?|\$)?\{?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD))\}?", value
    )
    if found:
        return f"write env://{found[1]}"
    return "put the secret into the environment and write env://NAME; replace the key, since it was written in a file"
