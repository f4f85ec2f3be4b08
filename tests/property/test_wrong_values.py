"""Any one value of any example, replaced by a wrong one, gets its first caret at its own place.

What is wrong at a place is taken from the JSON Schema, and for names, which no schema knows, from a list of the places
where an undefined one is an error. Both know nothing of the code that reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path as FilePath
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dreamc.compiler import emit
from dreamc.diagnostics.types import Path
from dreamc.spec.schema import dream_schema
from tests.property.examples import TEXTS, at_entry, document, errors, matches, replaced, resolved

WRONG: tuple[tuple[str, object], ...] = (
    ("~", None),
    ("true", True),
    ("-1", -1),
    ("0.12345", 0.12345),
    ("987654321987", 987654321987),
    ("nonesuch", "nonesuch"),
    ('"a b: c"', "a b: c"),
    ("[nonesuch]", ["nonesuch"]),
    ("[[x], {y: z}]", [["x"], {"y": "z"}]),
    ("{nonesuch: x}", {"nonesuch": "x"}),
    ("{}", {}),
    ("[]", []),
)
"""As written, and as read."""
NAMES: tuple[Path, ...] = (
    ("models", "*", "tier"), ("models", "*", "host"), ("providers", "*", "models", "*", "tier"), ("profile",),
    ("fallbacks", "chains", "*"), ("fallbacks", "chains", "*", "*"), ("capabilities", "*", "models", "*"),
    ("routing", "actions", "*"), ("routing", "complexity", "*", "else"), ("gateway", "hosts", "*"),
    ("hardware", "*", "gpus"), ("tests", "*", "expect", "tier"),
)  # fmt: skip
"""Where a name that nothing has is an error, although it is text as the schema wants it."""


@cache
def schema() -> dict[str, Any]:
    return dream_schema()


def branches(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The node without references and unions."""
    if "$ref" in node:
        yield from branches(schema()["definitions"][node["$ref"].rpartition("/")[2]])
    for one in (*node.get("allOf", ()), *node.get("anyOf", ())):
        yield from branches(one)
    if not {"$ref", "anyOf", "allOf"} & set(node):
        yield node


def below(node: dict[str, Any], key: str | int) -> Iterator[dict[str, Any]]:
    for one in branches(node):
        if isinstance(key, int):
            items = one.get("items")
            if isinstance(items, dict):
                yield items
        elif key in one.get("properties", {}):
            yield one["properties"][key]
        elif isinstance(one.get("additionalProperties"), dict):
            yield one["additionalProperties"]
        else:
            yield from one.get("patternProperties", {}).values()


def at(path: Path) -> list[dict[str, Any]]:
    """Everything the schema says of the value at a path."""
    nodes = [schema()]
    for key in path:
        nodes = [found for node in nodes for found in below(node, key)]
    assert nodes, f"the schema knows nothing of {path}"
    return nodes


def is_wrong(path: Path, nodes: list[dict[str, Any]], value: object) -> bool:
    whole = Draft7Validator(schema())
    if isinstance(value, str) and any(matches(pattern, path) for pattern in NAMES):
        return True
    return not any(whole.evolve(schema=node).is_valid(value) for node in nodes)


@pytest.mark.parametrize("example", TEXTS)
def test_the_first_finding_points_at_the_value_that_is_wrong(example: str, tmp_path: FilePath) -> None:
    text = TEXTS[example]
    missed, tried = [], 0
    for path, place in document(text).places.items():
        if not path:
            continue
        nodes = at(path)
        for written, value in WRONG:
            if not is_wrong(path, nodes, value):
                continue
            tried += 1
            changed = replaced(text, place.value, written)
            found = errors(resolved(changed, tmp_path))
            if not found or not at_entry(found[0].span, document(changed).places[path]):
                said = found[0].diagnostic if found else None
                missed.append((path, written, said, found[0].span if found else None))
    assert missed == []
    assert tried > 100


@pytest.mark.parametrize("example", TEXTS)
def test_another_value_that_is_accepted_compiles(example: str, tmp_path: FilePath) -> None:
    text = TEXTS[example]
    compiled = 0
    for path, place in document(text).places.items():
        nodes = at(path) if path else []
        for written, value in WRONG:
            if not nodes or is_wrong(path, nodes, value):
                continue
            result = resolved(replaced(text, place.value, written), tmp_path)
            if result.stack is not None and not result.failed:
                emit(result.stack)
                compiled += 1
    assert compiled > 5
