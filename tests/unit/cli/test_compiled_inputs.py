"""What a compile reads of the user's: all of it is in the key of what is kept, or nothing is kept."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dreamc import resources
from tests.unit.cli.verbs import EXAMPLES

PACKAGE = EXAMPLES.parent / "dreamc"
SPY = """
import sys
from pathlib import Path
opened = set()
def hook(event, given):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(given[0], str) and watching:
        opened.add(str(Path(given[0]).resolve()))
watching = False
sys.addaudithook(hook)
from datetime import date
from dreamc.compiler import Request, emit, resolve
from dreamc.inputs import stands_alone
file = Path(sys.argv[1])
watching = True
found = resolve(Request(file, None, {}, date(2026, 11, 20)))
emit(found.stack)
watching = False
print(stands_alone(found.dream), *sorted(opened), sep="\\n")
"""
"""Says what a compile opens. An audit hook cannot be taken away, so it has a process of its own."""


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/dream.yaml")))
def test_a_compile_reads_nothing_that_the_key_does_not_know(example: str) -> None:
    place = EXAMPLES / example
    command = [sys.executable, "-c", SPY, str(place / "dream.yaml")]
    alone, *opened = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    known = {str(place / f"dream{middle}.yaml") for middle in ("", ".lock", ".calibration")}
    program = (str(EXAMPLES.parent / "dreamc"), *(str(resources.folder(kind)) for kind in ("templates", "profiles")))
    installed = (sys.prefix, sys.base_prefix, str(Path(os.__file__).parent))
    others = {path for path in opened if not path.startswith((*program, *installed))} - known
    assert (alone == "True") == (not others), others


READS = {
    "read_text",
    "read_bytes",
    "open",
    "exists",
    "is_file",
    "is_dir",
    "iterdir",
    "glob",
    "rglob",
    "scandir",
    "stat",
}
ROOMS = ("diagnostics", "document", "knowledge", "spec", "hub", "sizing", "stack", "workloads", "backends")
OWN = {"knowledge", "diagnostics/codes.py", "sizing/calibration.py", "backends/runtime_files.py"}
"""They read what is in the package."""
NAMED = {"inputs.py", "compiler.py", "document/load.py", "hub/safetensors.py"}
"""They read what the user has. Where another comes to this list, `inputs.stands_alone` has to know what it reads."""


def test_files_of_the_user_are_read_in_a_few_places_that_stand_alone_knows() -> None:
    places = [PACKAGE / "compiler.py", PACKAGE / "inputs.py"]
    places += [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    found = {path.relative_to(PACKAGE).as_posix() for path in places if _reads(path)}
    assert {path for path in found if path not in OWN and path.split("/")[0] not in OWN} == NAMED


def _reads(path: Path) -> bool:
    """Whether the module calls something that looks at a file, or the function that loads one."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    names = {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in calls}
    loads = any(isinstance(node, ast.ImportFrom) and node.module == "dreamc.document.load" for node in nodes)
    return loads or bool(names & READS)
