"""Edits of a dream.yaml: only what was learnt changes, whatever the file looks like."""

from __future__ import annotations

import difflib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.learning.edit import Change, edited

ACTIONS = ("routing", "actions")
FILE = """\
# on top
dream: 1
routing:
    tiers: [fast, good]   # cheap first
    actions:       # measured
        edit: "fast"   # in quotes

        list: 'fast'\t# a tab before this
        plan:    good
    # about what follows
    complexity: {fast: 0.30, good: {budget_left: 1 USD}}   # on one line
tests: []   # none
"""


def change(key: str, tier: str) -> Change:
    return (*ACTIONS, key), tier


def touched(before: str, after: str | None) -> list[str]:
    """Lines that went, with a `-`, and that came, with a `+`; line ends kept."""
    assert after is not None
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in lines if line[0] in "+-"]


def test_a_tier_is_changed_where_it_stands_in_its_own_quotes() -> None:
    assert touched(FILE, edited(FILE, [change("edit", "good"), change("plan", "fast")])) == [
        '-         edit: "fast"   # in quotes\n',
        '+         edit: "good"   # in quotes\n',
        "-         plan:    good\n",
        "+         plan:    fast\n",
    ]


def test_new_keys_go_behind_the_last_one_in_the_indentation_of_the_file() -> None:
    assert touched(FILE, edited(FILE, [change("draw", "good"), change("yes", "fast")])) == [
        "+         draw: good\n",
        '+         "yes": fast\n',
    ]


def test_a_bound_inside_braces_is_changed_and_added() -> None:
    after = edited(FILE, [(("routing", "complexity", "fast"), 0.14), (("routing", "complexity", "good", "up_to"), 1)])

    assert after is not None
    assert "    complexity: {fast: 0.14, good: {budget_left: 1 USD, up_to: 1}}   # on one line\n" in after


def test_windows_line_ends_stay() -> None:
    before = FILE.replace("\n", "\r\n")
    assert touched(before, edited(before, [change("draw", "good"), change("list", "good")])) == [
        "-         list: 'fast'\t# a tab before this\r\n",
        "+         list: 'good'\t# a tab before this\r\n",
        "+         draw: good\r\n",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dream: 1\nname: x", "dream: 1\nname: x\n\nrouting:\n  actions:\n    a: b"),
        ("routing:\n  tiers: [b]\nname: x\n", "routing:\n  tiers: [b]\n  actions:\n    a: b\nname: x\n"),
        ("routing:\n  actions:  # none\nname: x\n", "routing:\n  actions:  # none\n    a: b\nname: x\n"),
        ("routing:\n  actions: {}\n", "routing:\n  actions: {a: b}\n"),
        ("routing: {tiers: [b]}\n", "routing: {tiers: [b], actions: {a: b}}\n"),
        ("routing: {actions: {c: d, }}\n", "routing: {actions: {c: d, a: b, }}\n"),
        ("routing:\n  actions: {\n    c: d  # e\n  }\n", "routing:\n  actions: {\n    c: d, a: b  # e\n  }\n"),
        ("---\nrouting:\n  actions:\n    c: d\n...\n", "---\nrouting:\n  actions:\n    c: d\n    a: b\n...\n"),
    ],
    ids=("no routing", "no actions", "no value", "empty", "braces", "comma", "lines", "markers"),
)
def test_where_there_is_no_such_key_it_is_added(before: str, after: str) -> None:
    assert edited(before, [change("a", "b")]) == after


def test_an_alias_gives_way_to_the_value_and_what_it_stood_for_stays() -> None:
    before = "x-t: &t fast\nrouting:\n  actions: {edit: *t, plan: *t}\n"
    assert edited(before, [change("edit", "good")]) == before.replace("edit: *t", "edit: good")


def test_what_a_merge_brings_in_is_laid_over_not_changed() -> None:
    before = "x-a: &a {edit: fast}\nrouting:\n  actions:\n    <<: *a\n"
    assert edited(before, [change("edit", "good")]) == before + "    edit: good\n"


@pytest.mark.parametrize(
    "before",
    [
        "x-a: &a {edit: fast}\nrouting:\n  actions: *a\n",
        "routing:\n  actions: {edit: &t fast, plan: *t}\n",
        "routing:\n  actions: [edit]\n",
        "routing: 7\n",
        "routing:\n  actions:\n    edit: {tier: fast}\n",
        "not: [closed\n",
    ],
    ids=("mapping of an alias", "anchor", "list", "number", "mapping", "no YAML"),
)
def test_what_would_touch_more_is_refused(before: str) -> None:
    assert edited(before, [change("edit", "good")]) is None


WORDS = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
STYLES = (
    "routing:\n  tiers: [x]\n  actions:\n{block}  # end\nname: n\n",
    "# c\nrouting:\n    actions: {{{flow}}}   # c\n\nname: n\n",
)


@settings(max_examples=120, deadline=None)
@given(
    st.dictionaries(WORDS, WORDS, min_size=1, max_size=6),
    st.dictionaries(WORDS, WORDS, min_size=1, max_size=4),
    st.sampled_from(STYLES),
    st.sampled_from(("\n", "\r\n")),
)
def test_every_byte_that_was_not_learnt_stays(
    held: dict[str, str], learnt: dict[str, str], style: str, newline: str
) -> None:
    quoted = {key: f"'{value}'" for key, value in held.items()}
    block = "".join(f"    '{key}': {value}  # of {key}\n" for key, value in quoted.items())
    text = style.format(block=block, flow=", ".join(f"'{key}': {value}" for key, value in quoted.items()))
    text = text.replace("\n", newline)

    after = edited(text, [change(key, value) for key, value in learnt.items()])

    assert after is not None
    assert yaml.safe_load(after.replace("\r\n", "\n"))["name"] == "n"
    back = edited(after, [change(key, held[key]) for key in learnt if key in held])
    assert back is not None
    fresh = [key for key in learnt if key not in held]
    if not fresh:
        assert back == text
    elif style is STYLES[0]:
        kept = back.splitlines(keepends=True)
        assert [line for line in kept if line in text.splitlines(keepends=True)] == text.splitlines(keepends=True)
        assert len(kept) == len(text.splitlines()) + len(fresh)
