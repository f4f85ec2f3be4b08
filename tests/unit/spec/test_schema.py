"""dream.schema.json: fresh, complete, valid draft-07, and of one mind with the compiler."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from dreamc.spec.schema import dream_schema
from tests.property.examples import ROOT, TEXTS

SCHEMA = dream_schema()
SMALLEST: dict[str, Any] = {"dream": 1, "name": "t", "hardware": {"box": {}}}
MODEL = {"source": "ollama:qwen2.5-coder:3b"}


def accepts(value: object) -> bool:
    return Draft7Validator(SCHEMA).is_valid(value)


def with_model(**settings: object) -> dict[str, Any]:
    return {**SMALLEST, "models": {"m": {**MODEL, **settings}}}


def with_host(**settings: object) -> dict[str, Any]:
    return {**SMALLEST, "hardware": {"box": settings}}


def test_the_file_in_the_repository_is_fresh() -> None:
    written = (ROOT / "schemas" / "dream.schema.json").read_text(encoding="utf-8")
    assert written == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n", "run: make schema"


def test_it_is_valid_draft_07() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from nodes(value, f"{path}/{key}")
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from nodes(item, f"{path}/{index}")


def bare() -> list[str]:
    """Keys without a description."""
    return [
        f"{path}/{key}"
        for path, node in nodes(SCHEMA)
        for key, value in node.get("properties", {}).items()
        if isinstance(value, dict) and not value.get("description")
    ]


def test_every_key_has_a_description() -> None:
    assert bare() == []


def test_a_description_is_a_sentence() -> None:
    for path, node in nodes(SCHEMA):
        text = node.get("description")
        if isinstance(text, str) and "`${NAME}`" not in text:
            assert re.match(r"[A-Z`0-9]|vLLM|n8n", text), (path, text)
            assert text.rstrip().endswith((".", "`", ")")), (path, text)


def test_it_holds_only_words_of_draft_07() -> None:
    known = set(Draft7Validator.META_SCHEMA["properties"]) | {"$defs"}
    for path, node in nodes(SCHEMA):
        if path.endswith(("/properties", "/definitions", "/default", "/patternProperties")) or "/default/" in path:
            continue
        assert set(node) <= known, path


@pytest.mark.parametrize("name", TEXTS)
def test_every_example_is_accepted(name: str) -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(yaml.safe_load(TEXTS[name]))] == []


@pytest.mark.parametrize("case", sorted((ROOT / "tests/cases/ok").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_the_compiler_accepts_the_schema_accepts(case: Path) -> None:
    value = yaml.safe_load(case.read_text(encoding="utf-8"))
    if not case.name.endswith(".over.yaml"):
        assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(value)] == []


@pytest.mark.parametrize(
    "value",
    [
        with_host(gpus="2 x h200"),
        with_host(gpus=["rtx-4070", {"model": "rtx-4090", "count": 2, "memory": "23.5 GiB"}]),
        with_host(gpus={"model": "quadro-rtx-5000", "memory": "15.6 GiB"}),
        with_host(ram="64 GiB", disk="1 TiB", desktop="512 MiB"),
        with_model(context="32k"),
        with_model(context="4k..16k"),
        with_model(context=8192),
        with_model(timeout="30s", keep_alive="24h"),
        with_model(gpu=[0, 1]),
        {**SMALLEST, "budget": {"daily": "10 USD", "alert_at": "80%"}},
        {**SMALLEST, "services": {"redis": None}},
        {**SMALLEST, "gateway": {"port": "${PORT:-4000}"}},
        {**SMALLEST, "x-anchors": [1, {"a": "b"}]},
        {**SMALLEST, "fallbacks": {"chains": {"auto": "routed", "a": ["m"], "b": {"members": ["m"]}}}},
        {**SMALLEST, "routing": {"complexity": {"fast": 0.3, "dear": {"budget_left": "1 USD", "else": "fast"}}}},
    ],
    ids=lambda value: json.dumps(value)[40:90],
)
def test_every_shorthand_is_accepted(value: object) -> None:
    assert accepts(value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {**SMALLEST, "dream": 2},
        {**SMALLEST, "hardwear": {}},
        {**SMALLEST, "mode": "hybird"},
        {**SMALLEST, "name": "My Stack"},
        {**SMALLEST, "hardware": {}},
        {**SMALLEST, "gateway": {"port": 80}},
        {**SMALLEST, "routing": {"cloud_from": 60}},
        {**SMALLEST, "routing": {"complexity": {"fast": 30}}},
        {**SMALLEST, "services": {"open_webui": {}}},
        {**SMALLEST, "fallbacks": {"chains": {"auto": "ruoted"}}},
        with_model(contxt="4k"),
        with_model(source="Qwen/Qwen2.5-7B"),
        with_model(gpus=0),
        with_model(context="16 k tokens"),
        with_host(gpu="rtx-4070"),
        with_host(ram=64),
        with_host(nvlink="yes"),
    ],
    ids=lambda value: json.dumps(value)[:70],
)
def test_what_the_compiler_refuses_the_schema_refuses(value: object) -> None:
    assert not accepts(value)


@pytest.mark.parametrize("name", TEXTS)
def test_a_misspelt_key_at_any_depth_is_refused(name: str) -> None:
    value = yaml.safe_load(TEXTS[name])
    assert not accepts({**value, "modle": {}})
    for section in ("fallbacks", "hardware"):
        inner = dict(value[section])
        first = next(iter(inner)) if section == "hardware" else None
        changed = {**inner, first: {**inner[first], "gups": 1}} if first else {**inner, "chians": {}}
        assert not accepts({**value, section: changed})
