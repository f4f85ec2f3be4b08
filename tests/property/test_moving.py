"""Whatever stands in a source, an import does not fall over, and accounts for every key once."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreamc.diagnostics.types import Path as Key
from dreamc.moving.finish import Wish
from dreamc.moving.move import Moved, move
from dreamc.moving.notes import leaves
from dreamc.moving.recognise import Found, find
from dreamc.moving.report import as_json, as_markdown, as_text
from dreamc.moving.types import Given, dotted
from tests.property.examples import ROOT, TODAY

SOURCES = tuple(
    source
    for name in ("daemon", "modes", "lab", "whitelist")
    for source in find((ROOT / "tests" / "moving" / name,)).given
)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**7), st.text(max_size=8),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["ollama", "vllm", "http://x:99999999/v1", "${A:-b}", "os.environ/X", "a/b", "0", "[", "--", "sk-" + "x" * 24]
    ),
    st.just([]), st.just({}), st.just([None]), st.just({"a": {"b": [1]}}), st.just([["x"]]),
)  # fmt: skip


def replaced(value: object, path: Key, new: object) -> object:
    """A copy of the value with something else at the path."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: replaced(one, path[1:], new) if key == path[0] else one for key, one in value.items()}
    assert isinstance(value, list)
    return [replaced(one, path[1:], new) if at == path[0] else one for at, one in enumerate(value)]


def places(value: object, path: Key = ()) -> list[Key]:
    """Every path below a value, leaves and what holds them."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(one for key, inner in below for one in places(inner, (*path, key)))]


@st.composite
def broken(draw: st.DrawFn) -> tuple[Given, ...]:
    """Some of the sources, one or two of their values something that nobody expects there."""
    chosen = draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4, unique_by=lambda one: one.name))
    made = []
    for index, source in enumerate(chosen):
        value = source.value
        for _ in range(draw(st.integers(0, 2))):
            value = replaced(value, draw(st.sampled_from(places(value) or [()])), draw(ODD))
        made.append(Given(index, source.name, source.kind, value if isinstance(value, dict) else {}, {}))
    return tuple(made)


def imported(sources: tuple[Given, ...]) -> Moved:
    found = Found(sources, (), (), (), ())
    return move(found, Wish("", "2 x rtx-3090"), TODAY)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(broken())
def test_every_key_of_any_source_has_one_verdict(sources: tuple[Given, ...]) -> None:
    made = imported(sources)
    wanted = [(one.name, dotted(path)) for one in sources for path in leaves(one.value)]
    assert len(made.rows) == len(wanted)
    assert sorted((row.file, row.key.partition(" --")[0]) for row in made.rows) == sorted(wanted)
    assert all(text for text in (as_text(made), as_json(made), as_markdown(made)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SOURCES), st.text(alphabet="abcdefghijklmnop0123456789", min_size=24, max_size=24), st.data())
def test_a_key_that_stands_anywhere_is_copied_nowhere(source: Given, letters: str, data: st.DataObject) -> None:
    secret = f"sk-{letters}"
    paths = [
        path for path in leaves(source.value) if "key" in str(path[-1]).lower() or "token" in str(path[-1]).lower()
    ]
    path = data.draw(st.sampled_from(paths or list(leaves(source.value))))
    value = replaced(source.value, path, secret)
    made = imported((Given(0, source.name, source.kind, value, {}),))
    assert letters not in as_json(made)
    assert not paths or letters not in made.text


def test_the_sources_are_of_every_kind_but_bundles() -> None:
    assert {one.kind for one in SOURCES} == {
        "compose", "env", "litellm", "mappings", "profile", "providers", "tiers", "vllm", "whitelist",
    }  # fmt: skip
    assert all(Path(one.name).is_file() for one in SOURCES)
