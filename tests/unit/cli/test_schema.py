"""`dreamc schema`: schemas that editors can use, and that fit what the compiler writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from dreamc.spec.schema import ID
from tests.unit.cli.shell import ROOT, process
from tests.unit.cli.verbs import EXAMPLES, example, run

Capture = pytest.CaptureFixture[str]
TARGETS = ("dream", "model-mappings", "plan", "policy", "providers", "whitelist")
EDITORS = tuple(name for name in TARGETS if name != "plan")
"""What people write in an editor; a plan is written by programs, in the newest dialect."""
WRITTEN = {
    "model-mappings": "model-mappings.yaml",
    "policy": "policy.json",
    "providers": "providers.yaml",
    "whitelist": "whitelist.json",
}


def schema(capsys: Capture, *arguments: str) -> Any:
    said = run(capsys, "schema", *arguments)
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def test_the_default_is_that_of_dream_yaml(capsys: Capture) -> None:
    assert schema(capsys) == schema(capsys, "--target", "dream")
    assert schema(capsys)["$id"] == ID


def test_all_targets_are_listed(capsys: Capture) -> None:
    assert tuple(run(capsys, "schema", "--list").out.split()) == TARGETS


@pytest.mark.parametrize("target", EDITORS)
def test_each_is_a_draft_07_schema(capsys: Capture, target: str) -> None:
    found = schema(capsys, "--target", target)
    assert found["$schema"].startswith("http://json-schema.org/draft-07/schema")
    Draft7Validator.check_schema(found)


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_the_schema_accepts_every_example(capsys: Capture, name: str) -> None:
    text = (EXAMPLES / name / "dream.yaml").read_text(encoding="utf-8")
    Draft7Validator(schema(capsys)).validate(yaml.safe_load(text))


@pytest.mark.parametrize("target", sorted(WRITTEN))
def test_what_is_compiled_fits_the_schema_of_its_file(capsys: Capture, tmp_path: Path, target: str) -> None:
    run(capsys, "compile", *example("hybrid-4070"), "-o", str(tmp_path))
    value = yaml.safe_load((tmp_path / "desk" / "config" / WRITTEN[target]).read_text(encoding="utf-8"))
    validator = Draft7Validator(schema(capsys, "--target", target))
    validator.validate(value)
    assert not validator.is_valid([])


@pytest.mark.parametrize("target", ["nope", "dream.schema.json", "../README", ""])
def test_a_target_that_is_none_is_wrong_usage_and_names_those_that_are(capsys: Capture, target: str) -> None:
    said = run(capsys, "schema", "--target", target)
    assert (said.code, said.out) == (64, "")
    assert all(known in said.err for known in TARGETS)


def test_the_bytes_are_those_of_the_file_on_every_terminal() -> None:
    text = (ROOT / "schemas" / "dream.schema.json").read_text(encoding="utf-8")
    assert process("schema", PYTHONIOENCODING="latin-1").stdout == text
