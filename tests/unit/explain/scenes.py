"""The examples, compiled once for all tests of explanations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from dreamc.compiler import Request, Result, emit, resolve
from dreamc.explain import files, pointer
from dreamc.explain.types import Scene, Spot

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/dream.yaml")))
TODAY = date(2026, 11, 20)


@cache
def result(name: str) -> Result:
    """An example, resolved."""
    return resolve(Request(EXAMPLES / name / "dream.yaml", None, {}, TODAY))


@cache
def scene(name: str) -> Scene:
    """An example with everything that it compiles to."""
    found = result(name)
    assert found.stack is not None
    assert found.document is not None
    return Scene(found.stack, found.document, emit(found.stack))


def scalars(name: str) -> Iterator[Spot]:
    """Every scalar of every file of an example."""
    for bundle in scene(name).bundles:
        for artifact in bundle.artifacts:
            root = files.tree(artifact)
            for step in pointer.scalars(root):
                yield Spot(bundle.host, artifact.path, step.keys, step.value, root, step.flag)


def is_text(path: str) -> bool:
    """Files that are explained line by line; there are thousands of lines, all with the same answer."""
    return path in {"dream", "README.md"} or path.endswith(".py")
