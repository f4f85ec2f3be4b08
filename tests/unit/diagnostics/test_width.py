"""How many columns text takes on a terminal."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.width import TAB, cells, clean, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("漢字", 4), ("é", 1), ("e\u0301", 1), ("a\u200bb", 2), ("\t", TAB), ("😀", 2), ("ﾊ", 1), ("", 0)],
)
def test_width_counts_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_masked_characters_are_blotted_out() -> None:
    assert "".join(cell.text for cell in cells("key: secret", ((5, 11),))) == "key: ••••••"


def test_characters_that_steer_a_terminal_are_not_passed_on() -> None:
    assert clean("a\x1b[31mb\u202ec\nd") == "a\ufffd[31mb\ufffdc d"
