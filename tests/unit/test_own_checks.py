"""Checks of answers by import path: from beside dream.yaml into the bundle."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from dreamc.compiler import Request, emit, resolve

FILE = """\
dream: 1
name: checked
mode: local
hardware: {{box: {{gpus: rtx-3090}}}}
models:
  fast: {{source: "ollama:qwen2.5-coder:3b", context: 4k, tier: fast}}
fallbacks: {{chains: {{auto: routed}}}}
routing: {{tiers: [fast], quality: {{checks: {checks}}}}}
"""
CHECK = "def polite(answer, action, prompt):\n    return True\n"


def bundle(folder: Path, checks: str) -> dict[str, str]:
    """Path -> text of everything that is compiled for the one host."""
    (folder / "dream.yaml").write_text(FILE.format(checks=checks))
    stack = resolve(Request(folder / "dream.yaml", None, {}, date(2026, 11, 20))).stack
    assert stack is not None
    (made,) = emit(stack)
    return {artifact.path: artifact.text for artifact in made.artifacts}


def test_a_module_beside_the_file_goes_where_the_gateway_imports_from(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "manners.py").write_text(CHECK)
    made = bundle(tmp_path, "[not_empty, 'house.manners:polite', 'house.manners:other']")

    assert made["config/runtime/house/manners.py"] == CHECK
    assert json.loads(made["config/policy.json"])["quality"]["checks"][1] == "house.manners:polite"


def test_a_module_that_is_not_there_is_left_to_the_image(tmp_path: Path) -> None:
    made = bundle(tmp_path, "['elsewhere:check']")

    assert json.loads(made["config/policy.json"])["quality"]["checks"] == ["elsewhere:check"]
    assert "config/runtime/elsewhere.py" not in made


def test_neither_the_runtime_nor_the_standard_library_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text(CHECK)
    (tmp_path / "dream_runtime").mkdir()
    (tmp_path / "dream_runtime" / "policy.py").write_text(CHECK)
    made = bundle(tmp_path, "['json:polite', 'dream_runtime.policy:polite']")

    assert "config/runtime/json.py" not in made
    assert made["config/runtime/dream_runtime/policy.py"] != CHECK


def test_what_a_module_says_is_part_of_what_was_compiled(tmp_path: Path) -> None:
    (tmp_path / "manners.py").write_text(CHECK)
    before = bundle(tmp_path, "['manners:polite']")
    (tmp_path / "manners.py").write_text(CHECK.replace("True", "False"))
    after = bundle(tmp_path, "['manners:polite']")

    assert {path for path in before if before[path] != after[path]} >= {"config/runtime/manners.py"}
