"""`images:` pins every image that the compiler may write, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dreamc.compiler import Request, resolve
from dreamc.knowledge.images import image, image_names
from dreamc.spec.operation import Images
from dreamc.stack.types import Stack
from dreamc.workloads.images import reference

FILE = """dream: 1
name: t
mode: local
hardware: {{box: {{gpus: rtx-3090}}}}
models: {{m: {{source: "ollama:qwen2.5-coder:3b"}}}}
fallbacks: {{chains: {{chat: [m]}}}}
images: {{{name}: "{pin}"}}
"""
DIGEST = f"sha256:{'ab' * 32}"


def resolved(folder: Path, name: str, pin: str) -> Stack:
    file = folder / "dream.yaml"
    file.write_text(FILE.format(name=name, pin=pin), encoding="utf-8")
    found = resolve(Request(file, None, {}, date(2026, 11, 20)))
    assert found.stack is not None, found.findings
    return found.stack


def test_every_image_of_the_table_has_a_key_and_every_key_an_image() -> None:
    keys = {field.alias or name for name, field in Images.model_fields.items()}
    assert keys - {"registry"} == set(image_names())


@pytest.mark.parametrize("name", sorted({*image_names()} - {"vllm"}))
def test_a_pin_is_the_version_that_is_started(tmp_path: Path, name: str) -> None:
    row = image(name)
    assert row is not None
    assert reference(resolved(tmp_path, name, "1.2.3-test"), name).startswith(f"{row.repository}:")
    assert reference(resolved(tmp_path, name, "1.2.3-test"), name).endswith("1.2.3-test")
    assert reference(resolved(tmp_path, name, DIGEST), name) == f"{row.repository}@{DIGEST}"


@pytest.mark.parametrize(("name", "pin"), [("vllm", "0.32.0"), ("litellm", "1.103.9"), ("open-webui", "v0.11.3")])
def test_the_v_of_a_tag_need_not_be_written(tmp_path: Path, name: str, pin: str) -> None:
    assert reference(resolved(tmp_path, name, pin), name).endswith(f":v{pin.removeprefix('v')}")
