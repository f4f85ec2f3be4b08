"""Answers in sections."""

from __future__ import annotations

import pytest

from dreamc.errors import DreamError
from dreamc.provision.sections import sections


def test_lines_come_by_section_and_a_second_head_is_not_believed() -> None:
    found = sections("motd\n== a\none\n\ntwo\r\n== b\n== a\nfaked\n== end\n", "box", "x")
    assert found == {"a": ("one", "two"), "b": (), "end": ()}


def test_an_answer_that_was_cut_short_is_none() -> None:
    with pytest.raises(DreamError, match="the answer of box to status is cut short"):
        sections("== a\none\n", "box", "status")
