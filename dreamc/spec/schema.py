"""The JSON Schema of dream.yaml (draft-07), made from the same model that validates it. `make schema` writes it."""

from __future__ import annotations

from typing import Any

from dreamc.spec.dream import Dream

ID = "urn:dreamc:schema:dream:1"
INTERPOLATED = {"type": "string", "pattern": r"\$\{[A-Za-z_]", "description": "`${NAME}` or `${NAME:-default}`"}
KEYWORDS = {"ge": "minimum", "le": "maximum"}
"""pydantic's own words for bounds, which it leaves as they are where a validator runs before them."""
Node = dict[str, Any]


def dream_schema() -> Node:
    """The schema as a value; keys in the order of the model."""
    raw = Dream.model_json_schema(by_alias=True, mode="validation")
    definitions = {name: _node(node) for name, node in sorted(raw.pop("$defs", {}).items())}
    root = _node(raw)
    root["patternProperties"] = {"^x-": {"description": "Your own: a home for anchors. Not read."}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        **root,
        "definitions": definitions,
    }


def _node(node: Any) -> Any:
    """Draft-07 spelling, without generated titles; scalars that are not free text also take an interpolation."""
    if isinstance(node, list):
        return [_node(item) for item in node]
    if not isinstance(node, dict):
        return node
    found: Node = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "$ref":
            found[key] = value.replace("#/$defs/", "#/definitions/")
        elif key in ("properties", "patternProperties"):
            found[key] = {name: _interpolable(_node(below)) for name, below in value.items()}
        elif key in ("default", "examples", "enum", "const", "required"):
            found[key] = value
        else:
            found[KEYWORDS.get(str(key), str(key))] = _node(value)
    return _lone_ref(found)


def _lone_ref(node: Node) -> Node:
    """In draft-07 whatever stands beside `$ref` is ignored, descriptions included."""
    if "$ref" in node and len(node) > 1:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**rest, "allOf": [{"$ref": node["$ref"]}]}
    return node


def _interpolable(node: Node) -> Node:
    kinds = {option.get("type") for option in node.get("anyOf", [node]) if isinstance(option, dict)}
    narrow = kinds & {"integer", "number", "boolean"} or any(
        "pattern" in option or "enum" in option for option in node.get("anyOf", [node]) if isinstance(option, dict)
    )
    if not narrow or "const" in node:
        return node
    outer: Node = {key: node[key] for key in ("description", "default") if key in node}
    options = node["anyOf"] if "anyOf" in node else [{k: v for k, v in node.items() if k not in outer}]
    return {**outer, "anyOf": [*options, INTERPOLATED]}


if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(dream_schema(), indent=2, ensure_ascii=False) + "\n")
