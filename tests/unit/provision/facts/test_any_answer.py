"""Whatever a host says: facts, or an error that names it. Never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.errors import DreamError
from dreamc.provision.facts import FACTS, Fact, parse

RECORDED = sorted((Path(__file__).parents[3] / "facts").glob("*.txt"))
TEXTS = [path.read_text(encoding="utf-8") for path in RECORDED]


def heard(text: str) -> bool:
    """Whether there were facts, or an error that does not name the host."""
    try:
        return parse(text, "gpu01").host == "gpu01"
    except DreamError as error:
        return "gpu01" not in error.what


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.floats(0, 1))
def test_an_answer_that_is_cut_short_is_refused_and_names_the_host(text: str, share: float) -> None:
    cut = text[: int(len(text.rstrip()) * share)]
    assert not heard(cut) or cut.rstrip() == text.rstrip()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.integers())
def test_lines_in_any_order_never_raise(text: str, seed: int) -> None:
    lines = text.split("\n")
    random.Random(seed).shuffle(lines)
    heard("\n".join(lines))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FACTS), st.lists(st.text(st.characters(exclude_characters="\n"), max_size=80), max_size=8))
def test_any_words_in_any_section_never_raise(fact: Fact, lines: list[str]) -> None:
    rest = "".join(f"== {one.name}\n" for one in FACTS if one is not fact)
    heard(f"{rest}== {fact.name}\n" + "\n".join(lines) + "\n== end\n")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 10**6), st.text(max_size=6))
def test_one_damaged_place_never_raises(text: str, at: int, put: str) -> None:
    at %= len(text)
    heard(text[:at] + put + text[at + len(put) + 1 :])


def test_what_a_login_shell_prints_before_the_answer_is_ignored() -> None:
    assert parse(f"Welcome to gpu01!\n== motd\n{TEXTS[0]}", "gpu01") == parse(TEXTS[0], "gpu01")


@pytest.mark.parametrize("text", ["", "sh: 1: Syntax error\n", "== end\n"])
def test_no_answer_is_an_error_with_a_remedy(text: str) -> None:
    with pytest.raises(DreamError) as caught:
        parse(text, "gpu01")
    assert "gpu01" in caught.value.what
    assert caught.value.remedy
