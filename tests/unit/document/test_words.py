"""Values in words."""

from __future__ import annotations

import pytest

from dreamc.document.words import describe, quote


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "nothing"), (True, "true"), (3, "the number 3"), ("a", "'a'"), ({}, "a mapping"), ([], "a list")],
)
def test_a_value_is_named_by_what_it_is(value: object, words: str) -> None:
    assert describe(value) == words


@pytest.mark.parametrize(("text", "shown"), [("C:\\x", "'C:\\x'"), ("a\u200bb", "'a\\u200bb'"), ("漢", "'漢'")])
def test_invisible_characters_become_visible_and_others_stay(text: str, shown: str) -> None:
    assert quote(text) == shown


def test_a_long_text_is_shortened() -> None:
    assert len(quote("x" * 1000)) == 62
