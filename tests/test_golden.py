"""The compiled bundles of the examples, byte for byte, so that a change of the output is seen in review.

`UPDATE=1 pytest tests/test_golden.py` (or `make golden`) writes tests/golden anew; read the difference before it is
committed. Not kept is what changes with every edit of the runtime, which has tests of its own: its copies, their lines
in MANIFEST.json, the digests there (the files themselves are compared), and the digest that restarts a service.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from dreamc.artifact.types import MANIFEST, Artifact
from dreamc.compiler import emit
from tests.property.examples import ROOT, TEXTS, resolved

GOLDEN = ROOT / "tests" / "golden"
RUNTIME = "config/runtime/"
LABEL = re.compile(r'(dev\.dreamc\.(?:config|service): "?|"definition": ")[0-9a-f]{64}')


def kept(name: str, folder: Path) -> dict[str, str]:
    """What is compared, by path below the example's folder."""
    result = resolved(TEXTS[name], folder)
    assert result.stack is not None, result.findings
    return {
        f"{bundle.host}/{one.path}": without_digests(one)
        for bundle in emit(result.stack)
        for one in bundle.artifacts
        if not one.path.startswith(RUNTIME)
    }


def without_digests(one: Artifact) -> str:
    """The text without what depends on the runtime."""
    if one.path == MANIFEST:
        value = json.loads(one.text)
        files = [file for file in value["files"] if not file["path"].startswith(RUNTIME)]
        value["files"] = [{key: text for key, text in file.items() if key != "sha256"} for file in files]
        return json.dumps(value, indent=2) + "\n"
    if one.path.startswith("docker-compose.") or one.path == "release.json":
        return LABEL.sub(r"\1DIGEST", one.text)
    return one.text


def update(name: str, made: dict[str, str]) -> None:
    shutil.rmtree(GOLDEN / name, ignore_errors=True)
    for path, text in made.items():
        file = GOLDEN / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def difference(path: str, expected: str, made: str) -> str:
    lines = difflib.unified_diff(
        expected.splitlines(keepends=True), made.splitlines(keepends=True), f"golden/{path}", f"compiled/{path}", n=2
    )
    return "".join(list(lines)[:60])


@pytest.mark.parametrize("name", TEXTS)
def test_an_example_compiles_to_the_files_that_were_reviewed(name: str, tmp_path: Path) -> None:
    made = kept(name, tmp_path)
    if os.environ.get("UPDATE"):
        update(name, made)
    folder = GOLDEN / name
    expected = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    assert sorted(made) == sorted(expected), "files came or went; UPDATE=1 pytest tests/test_golden.py"
    changed = [difference(path, expected[path], made[path]) for path in made if made[path] != expected[path]]
    assert not changed, "\n".join(("UPDATE=1 pytest tests/test_golden.py, if this is meant:", *changed))


def test_every_golden_folder_is_an_example() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(TEXTS)
