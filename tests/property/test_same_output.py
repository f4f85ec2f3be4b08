"""What must not change the output does not: order of keys, hash seed, time zone, language, working directory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path as FilePath

import pytest

from dreamc.diagnostics.types import Path
from dreamc.document.write import yaml_text
from tests.property.examples import FREE, ROOT, TEXTS, document, emitted, matches, stack_of


def shuffled(value: object, path: Path, chance: random.Random) -> object:
    """The keys of the language in another order.

    The order of the user's own names keeps its meaning: the first host carries the gateway, models take ports and
    clients see names in the order of the file, and a tier of `complexity` is read from the top. So does that of lists.
    """
    if isinstance(value, list):
        return [shuffled(item, (*path, index), chance) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    if not any(matches(pattern, path) for pattern in FREE):
        chance.shuffle(keys)
    return {key: shuffled(value[key], (*path, key), chance) for key in keys}


@pytest.mark.parametrize("name", TEXTS)
def test_the_order_of_keys_has_no_effect(name: str, tmp_path: FilePath) -> None:
    value = document(TEXTS[name]).value
    expected = emitted(stack_of(TEXTS[name], tmp_path))
    for seed in range(2):
        text = yaml_text(shuffled(value, (), random.Random(seed)))
        assert text != yaml_text(value)
        assert emitted(stack_of(text, tmp_path)) == expected


@pytest.mark.parametrize("name", TEXTS)
def test_comments_and_layout_have_no_effect(name: str, tmp_path: FilePath) -> None:
    laid_out_anew = "# another comment\n" + yaml_text(document(TEXTS[name]).value)
    assert emitted(stack_of(laid_out_anew, tmp_path)) == emitted(stack_of(TEXTS[name], tmp_path))


WORLDS: tuple[dict[str, str], ...] = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C", "LC_ALL": "C", "COLUMNS": "40", "HOME": "/"},
    {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "USER": "somebody", "NO_COLOR": "1"},
)


@pytest.mark.parametrize("name", TEXTS)
def test_the_same_bytes_in_two_worlds(name: str, tmp_path: FilePath) -> None:
    trees = []
    for number, world in enumerate(WORLDS):
        folder = tmp_path / f"world-{number}"
        folder.mkdir()
        (folder / "dream.yaml").write_text(TEXTS[name], encoding="utf-8")
        where, file, out = (
            (folder, "dream.yaml", "out") if number else (ROOT, str(folder / "dream.yaml"), str(folder / "out"))
        )
        done = subprocess.run(
            [sys.executable, "-m", "dreamc", "compile", "-f", file, "-o", out, "--today", "2026-11-20"],
            cwd=where, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **world},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        trees.append({path.relative_to(folder / "out"): (path.read_bytes(), path.stat().st_mode)
                      for path in sorted((folder / "out").rglob("*")) if path.is_file()})  # fmt: skip
    assert trees[0] == trees[1]
    assert len(trees[0]) > 10
