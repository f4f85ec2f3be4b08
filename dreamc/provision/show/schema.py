"""The JSON Schema of a saved plan (2020-12), made from the same Structs that write it. `make schema` writes it."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from dreamc.document.write import json_text
from dreamc.provision.plan.types import VERSION, Plan

ID = f"urn:dreamc:schema:plan:{VERSION}"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """The schema as a value. Unknown keys are allowed: a later dreamc may say more."""
    (root,), definitions = msgspec.json.schema_components((Plan,), ref_template="#/$defs/{name}")
    definitions["Plan"]["properties"]["version"] = {"const": VERSION}
    for node in definitions.values():
        node["description"] = " ".join(node["description"].split())  # Python 3.13 has another idea of indentation
    return {"$schema": DIALECT, "$id": ID, **root, "$defs": dict(sorted(definitions.items()))}


if __name__ == "__main__":
    sys.stdout.write(json_text(plan_schema()))
