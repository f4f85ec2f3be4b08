"""A profile underneath, a file on top: values merge, and each keeps the place in its own file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dreamc.diagnostics.types import Source
from dreamc.document.interpolate import interpolate
from dreamc.document.merge import merge
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.write import yaml_text
from tests.unit.document.sample import parsed, sliced

PROFILE = "fallbacks: {timeout: 30s, triggers: [a, b]}\nbudget: {daily: 1}\n"
FILE = "name: x\nfallbacks: {timeout: 9s, triggers: [c]}\n"
_TREE = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3), max_leaves=8
)
_MAPPING = st.dictionaries(st.sampled_from("abc"), _TREE, min_size=1, max_size=3)


def _read(name: str, text: str, index: int = 0) -> Document:
    document, found = read(Source(name, text), index)
    assert document is not None
    assert found == ()
    return document


def test_mappings_merge_and_everything_else_is_replaced() -> None:
    merged = merge(_read("p", PROFILE), _read("f", FILE))
    assert merged.value == {
        "fallbacks": {"timeout": "9s", "triggers": ["c"]},
        "budget": {"daily": 1},
        "name": "x",
    }


def test_each_value_points_into_the_file_it_came_from() -> None:
    merged = merge(_read("p", PROFILE), _read("f", FILE))
    texts = {"p": PROFILE, "f": FILE}
    for path, file, text in (
        (("fallbacks", "timeout"), "f", "9s"),
        (("fallbacks", "triggers", 0), "f", "c"),
        (("budget", "daily"), "p", "1"),
        (("name",), "f", "x"),
    ):
        span = merged.places[path].value
        assert merged.sources[span.source].name == file
        assert sliced(texts[file], span) == text
    assert ("fallbacks", "triggers", 1) not in merged.places


def test_indexes_that_were_given_are_kept() -> None:
    merged = merge(_read("profile", PROFILE, 1), _read("file", FILE, 0))
    assert [source.name for source in merged.sources] == ["file", "profile"]
    assert merged.places["budget", "daily"].value.source == 1


def test_three_files_with_the_same_index_stand_side_by_side() -> None:
    ignored = "a: 3 # dreamc: ignore[DRM301] why\n"
    merged = merge(merge(_read("1", "a: 1\nb: 1"), _read("2", "a: 2\nc: &x 2\nd: *x")), _read("3", ignored))
    assert [source.name for source in merged.sources] == ["1", "2", "3"]
    assert {path: merged.places[path].value.source for path in merged.places} == {
        (): 2, ("a",): 2, ("b",): 0, ("c",): 1, ("d",): 1,
    }  # fmt: skip
    via = merged.places["d",].via
    assert via is not None
    assert via.source == 1
    assert merged.ignores[0].span.source == 2


def test_a_mapping_replaces_a_scalar_and_the_other_way_round() -> None:
    assert merge(parsed("a: 1"), parsed("a: {b: 1}")).value == {"a": {"b": 1}}
    merged = merge(parsed("a: {b: 1}"), parsed("a: 1"))
    assert merged.value == {"a": 1}
    assert ("a", "b") not in merged.places


def test_values_from_the_environment_stay_hidden_only_while_they_are_used() -> None:
    under, _ = interpolate(_read("p", "a: ${A}\nb: ${A}"), {"A": "secret"})
    merged = merge(under, _read("f", "a: mine"))
    assert [item.path for item in merged.from_environment] == [("b",)]


@given(_MAPPING, _MAPPING)
def test_every_value_of_the_result_has_a_place(under: dict[str, object], over: dict[str, object]) -> None:
    merged = merge(_read("u", yaml_text(under)), _read("o", yaml_text(over)))

    def check(value: object, path: tuple[str | int, ...]) -> None:
        assert path in merged.places
        if isinstance(value, dict):
            for key, item in value.items():
                check(item, (*path, key))

    check(merged.value, ())
    assert merge(merged, merged).value == merged.value
