"""Suggestions: what was probably meant comes first."""

from __future__ import annotations

from dreamc.knowledge.nearest import nearest

NAMES = ("a100-40gb", "a100-80gb", "a10", "a40", "rtx-4070", "rtx-4070-ti")


def test_names_that_continue_what_was_written_come_first() -> None:
    assert nearest("a100", NAMES, 2) == ("a100-40gb", "a100-80gb")
    assert nearest("4070", NAMES)[0] == "rtx-4070"


def test_a_slip_of_the_finger_is_found() -> None:
    assert nearest("rtx-4O70", NAMES)[0] == "rtx-4070"


def test_nothing_alike_gives_nothing() -> None:
    assert nearest("zebra", NAMES) == ()
    assert nearest("", NAMES) == ()


def test_the_order_of_the_names_does_not_matter() -> None:
    assert nearest("rtx-4071", NAMES) == nearest("rtx-4071", reversed(NAMES))
