"""What YAML text means, where each value stands, and what is said about text that means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamc.diagnostics.types import Source
from dreamc.document.read import LARGEST, read
from dreamc.document.write import yaml_text
from tests.unit.document.sample import findings, only, parsed, sliced

_WORD = st.text(st.characters(categories=("L", "N", "S", "P", "Zs")), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("No", "No"), ("on", "on"), ("off", "off"), ("12:30", "12:30"), ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"), ("1_000", "1_000"), ("0o17", 15), ("0x1F", 31), ("017", 17), ("+5", 5),
        ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("true", True), ("False", False), ("~", None), ("null", None),
        ("'1'", "1"), ('"true"', "true"), ("=", "="), ("0b1", "0b1"), ("!!str 1", "1"), ("! 1", "1"),
        ("!!float 3", 3.0), ("!!int '3'", 3), ("", None), ("!!null ''", None), ("!!bool yes", "yes"),
    ],
)  # fmt: skip
def test_scalars_have_their_yaml_1_2_meaning(text: str, value: object) -> None:
    document, _ = read(Source("x", f"a: {text}"))
    assert document is not None
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("", "DRM005", ""),
        ("# nothing\n", "DRM005", ""),
        ("---\n", "DRM005", ""),
        ("- a\n- b", "DRM013", "- a\n- b"),
        ("text", "DRM013", "text"),
        ("[1, 2]", "DRM013", "[1, 2]"),
        ("a: 1\n---\nb: 2", "DRM014", "---"),
        ("a: 1\n...\nb: 2", "DRM014", "b"),
        ("a: *x", "DRM009", "*x"),
        ("a: &x [*x]", "DRM009", "*x"),
        ("a: 1\nb: \x07", "DRM004", "\x07"),
        ("a: 'x\u2028y'", "DRM004", "\u2028"),
        ("a: !e!x 1", "DRM017", "!e!x 1"),
    ],
)
def test_what_cannot_be_read_is_one_finding_at_its_place(text: str, code: str, marked: str) -> None:
    document, found = read(Source("x", text))
    assert document is None
    assert only(found).code == code
    assert sliced(text, found[0].span) == marked


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("1: a", "DRM015", "1"),
        ("true: a", "DRM015", "true"),
        ("? [a]\n: b", "DRM015", "[a]"),
        ("a: {{ name }}", "DRM015", "{ name }"),
        ("a: .inf", "DRM016", ".inf"),
        ("a: -.NaN", "DRM016", None),
        ("a: 1e999", "DRM016", "1e999"),
        ("a: " + "9" * 5000, "DRM016", "9" * 5000),
        ("a: !!python/object:os.system x", "DRM017", "!!python/object:os.system"),
        ("a: !!int x", "DRM017", "!!int"),
        ("a: !!map [1]", "DRM017", "!!map"),
        ("a: &b !c\n  d: 1\ne: *b", "DRM017", "!c"),
        ("<<: 3\na: 1", "DRM010", "3"),
        ("<<: [1]\na: 1", "DRM010", "1"),
        ("a: &x 1", "DRM019", "&x"),
    ],
)
def test_a_wrong_part_is_reported_and_the_rest_is_read(text: str, code: str, marked: str | None) -> None:
    document, found = read(Source("x", text))
    assert document is not None
    if marked is None:
        assert found == ()
    else:
        assert (only(found).code, sliced(text, found[0].span)) == (code, marked)


def test_a_key_written_twice_points_at_both() -> None:
    text = "a: 1\nb: {c: 1, c: 2}\na: 3\n"
    first, second = findings(text)
    assert {first.code, second.code} == {"DRM008"}
    assert first.path == ("a",)
    assert (first.span is not None, first.span and first.span.start_line) == (True, 3)
    assert sliced(text, first.related[0].span) == "a"
    assert second.path == ("b", "c")


def test_merged_keys_keep_the_place_where_they_were_written_and_tell_who_brought_them() -> None:
    text = "base: &base\n  ram: 1\n  disk: 2\nhost:\n  <<: *base\n  disk: 3\n"
    document = parsed(text)
    assert document.value == {"base": {"ram": 1, "disk": 2}, "host": {"ram": 1, "disk": 3}}
    ram = document.places["host", "ram"]
    assert ram.value == document.places["base", "ram"].value
    assert sliced(text, ram.via) == "*base"
    assert document.places["host", "disk"].via is None
    assert document.places["host", "disk"].value.start_line == 6


def test_of_several_merged_mappings_the_first_one_wins() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], z: 3}\nd: {<<: {x: 9}, <<: *a}"
    document, found = read(Source("x", text))
    assert document is not None
    assert document.value == {"a": {"x": 1}, "b": {"x": 2, "y": 2}, "c": {"x": 1, "y": 2, "z": 3}, "d": {"x": 9}}
    assert [item.code for item in found] == ["DRM008"]


def test_merges_of_merges_are_followed() -> None:
    document = parsed("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}")
    assert document.value == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 2}}
    assert document.places["c", "x"].via is not None


def test_a_quoted_merge_key_is_a_key() -> None:
    assert parsed('"<<": 1').value == {"<<": 1}


def test_an_alias_marks_the_value_and_remembers_itself() -> None:
    text = "a: &x {p: [1, 2]}\nb: *x\n"
    document = parsed(text)
    place = document.places["b", "p", 1]
    assert sliced(text, place.value) == "2"
    assert sliced(text, place.via) == "*x"


@pytest.mark.parametrize(
    "text", ["[" * 100, "{a: " * 100, "a:\n" + "- " * 100, "".join(" " * i + "a:\n" for i in range(99))]
)
def test_deep_nesting_is_refused_at_the_level_that_is_too_deep(text: str) -> None:
    assert only(findings(text)).code == "DRM012"


@pytest.mark.parametrize("kind", ["[*{}]", "{{k: *{}}}", "{{<<: *{}, k{}: 1}}"])
def test_aliases_cannot_hide_deep_nesting(kind: str) -> None:
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{i}: &a{i} " + kind.format(f"a{i - 1}", i) for i in range(1, 2000)]
    document, found = read(Source("x", "\n".join(lines)))
    assert document is None
    assert only(found).code in ("DRM011", "DRM012")


def test_an_alias_bomb_is_defused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    document, found = read(Source("x", "\n".join(lines)))
    assert document is None
    assert only(found).code == "DRM011"


def test_a_merge_bomb_is_defused() -> None:
    keys = ", ".join(f"k{i}: 1" for i in range(1000))
    text = f"a: &a {{{keys}}}\nb: [" + ", ".join(["{<<: *a}"] * 1000) + "]"
    assert only(findings(text)).code == "DRM011"


def test_too_large_a_text_is_refused_unread() -> None:
    assert only(findings("a" * (LARGEST + 1))).code == "DRM002"


def test_line_breaks_of_all_systems_count_as_one() -> None:
    document = parsed("a: 1\r\nb: 2\rc: 3\nd: 4")
    assert [document.places[key,].value.start_line for key in "abcd"] == [1, 2, 3, 4]
    assert [document.places[key,].value.start_column for key in "abcd"] == [4, 4, 4, 4]


def test_anchors_and_tags_are_no_part_of_the_value_they_stand_before() -> None:
    text = "a: &x !!str 1\nb: !!map &y # c\n  k: *x\nc: *y\nd: [!!str , &z {q: *x}]\ne: *z"
    document = parsed(text)
    assert [sliced(text, document.places[path].value) for path in (("a",), ("b",), ("d", 1))] == [
        "1",
        "k: *x",
        "{q: *x}",
    ]


def test_block_text_ends_with_its_last_character() -> None:
    text = "a: |\n  one\n  two\n\n# comment\nb: >-\n  x\n  y\n"
    document = parsed(text)
    assert sliced(text, document.places["a",].value) == "|\n  one\n  two"
    assert sliced(text, document.places["b",].value) == ">-\n  x\n  y"


def test_the_index_of_the_source_is_that_of_the_spans() -> None:
    document, _ = read(Source("profile.yaml", "a: 1"), 2)
    assert document is not None
    assert document.places["a",].value.source == 2
    assert document.sources[2].name == "profile.yaml"


@given(st.dictionaries(_WORD, st.one_of(_WORD, st.integers(), st.booleans()), min_size=1, max_size=5))
def test_the_span_of_every_written_value_is_exactly_its_text(value: dict[str, object]) -> None:
    text = yaml_text(value)
    document = parsed(text)
    for path, place in document.places.items():
        if path:
            alone = parsed(f"{sliced(text, place.key)}: {sliced(text, place.value)}")
            assert alone.value == {path[0]: value[str(path[0])]}


@given(st.lists(st.sampled_from(["漢字", "é", "e\u0301", "😀", "a", "\u200b"]), min_size=1, max_size=6))
def test_columns_count_characters_whatever_their_width(parts: list[str]) -> None:
    text = f"{{k: '{''.join(parts)}', last: 1}}"
    document = parsed(text)
    assert sliced(text, document.places["last",].value) == "1"


@given(st.text(max_size=60))
def test_no_text_whatever_raises(text: str) -> None:
    read(Source("x", text))


@given(st.lists(st.sampled_from(list("ab:-[]{},#&*!|>'\"%@`?< \n\t~01.")), max_size=25).map("".join))
def test_no_yaml_however_broken_raises(text: str) -> None:
    document, found = read(Source("x", text))
    assert document is not None or found
    for item in found:
        assert item.span is not None
        assert item.span.start_line <= text.count("\n") + 1


def test_without_libyaml_the_same_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "a: &x [1, {b: 漢}]\nc: *x\nd: |\n  text\ne: 'q'\nf: ${X:-1} # c\n"
    fast = parsed(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    slow = parsed(text)
    assert slow.value == fast.value
    assert dict(slow.places) == dict(fast.places)
