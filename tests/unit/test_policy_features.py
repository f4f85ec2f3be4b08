"""docs/policy-features.md: every feature has its tests, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

NO_PROXY = "*"
"""Ends a feature whose tests run without a proxy."""
SECTIONS = ("Routing", "Falling back", "Checked answers", "Money", "Whitelist and MCP", "Kept answers", "Seeing")


def rows(root: Path) -> list[tuple[str, tuple[str, ...]]]:
    """(feature, tests) of every row of every table."""
    lines = (root / "docs" / "policy-features.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert all(len(row) == 2 for row in cells)
    return [(row[0], tuple(row[1].split(", "))) for row in cells if row != ["feature", "tests"] and "---" not in row]


@cache
def named_in(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


@cache
def asks_a_proxy(path: Path) -> bool:
    return "pytest.mark.gateway" in path.read_text()


def test_every_test_that_is_named_is_there(root: Path) -> None:
    for feature, names in rows(root):
        for name in names:
            file, _, test = name.partition("::")
            assert test in named_in(root / file), (feature, name)


def test_every_row_is_filled_and_stands_once(root: Path) -> None:
    features = [feature for feature, _ in rows(root)]
    assert len(features) == len(set(features)) > 70
    assert all(feature and all(names) for feature, names in rows(root))


def test_every_feature_is_shown_by_a_running_proxy_or_says_that_it_is_not(root: Path) -> None:
    for feature, names in rows(root):
        live = all(asks_a_proxy(root / name.partition("::")[0]) for name in names)
        assert live is not feature.endswith(NO_PROXY), feature


@pytest.mark.parametrize("section", SECTIONS)
def test_no_part_of_the_policy_is_left_out(root: Path, section: str) -> None:
    text = (root / "docs" / "policy-features.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {section}$", text, re.MULTILINE)
