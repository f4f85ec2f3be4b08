"""A table for a pull request that no message can break."""

from __future__ import annotations

import re

from dreamc.diagnostics.as_markdown import as_markdown
from tests.unit.diagnostics.rendering import EMPTY, everything, report, said


def test_each_finding_is_a_row() -> None:
    lines = as_markdown(everything()).strip().split("\n")
    assert lines[0] == "**dreamc**: 2 errors, 1 warning, 1 ignored"
    assert "| error DRM204 | `dream.yaml`:3:13 | port 1 is taken (wanted twice) | use 2 |" in lines
    assert "hunter2" not in "".join(lines)


def test_no_message_breaks_the_table() -> None:
    shown = as_markdown(report(said(("name",), message="a | `b`\n<img> *c* @all"), text="name: x\n", name="a|`b.yaml"))
    row = shown.strip().split("\n")[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "a \\| \\`b\\` \\<img\\> \\*c\\* \\@all" in row


def test_nothing_found_is_one_line() -> None:
    assert as_markdown(EMPTY) == "**dreamc**: nothing found\n"
