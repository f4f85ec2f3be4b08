"""Findings about the shape of a file: at the exact path, in the words of the file, with the likeliest remedy."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from dreamc.diagnostics.report import make_report
from dreamc.diagnostics.types import Path, Source
from dreamc.document.mistake import wrong
from dreamc.document.read import read
from dreamc.document.validate import validate
from dreamc.document.write import yaml_text
from tests.unit.document.sample import Sample, Shape, only, parsed, wrongs

WHOLE: dict[str, object] = {
    "dream": 1,
    "name": "lab",
    "hardware": {
        "a": {"gpus": "2 x h200", "ram": "64 GiB", "nvlink": True},
        "b": {"gpus": [{"model": "rtx-4090", "count": 2, "memory": "24 GiB"}, "t4"]},
    },
    "models": {"m": {"source": "x", "engine": "vllm", "context": "4k..16k", "port": 8001}},
    "chains": {"c": ["m"], "d": "routed", "e": {"members": ["m"], "description": "d"}},
    "complexity": {"f": 0.5, "g": {"up_to": 0.5, "else": "f"}},
    "key": "env://KEY",
    "tests": [{"source": "x"}],
}


def test_a_right_file_is_the_model() -> None:
    value, found = validate(Sample, parsed(yaml_text(WHOLE)))
    assert found == ()
    assert value is not None
    assert value.hardware["a"].gpus[0].count == 2
    assert value.models["m"].port == 8001


def _paths(value: object, path: Path = ()) -> list[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in ((*path, key), *_paths(item, (*path, key)))]


def _with(value: object, path: Path, wrong_value: object) -> object:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]  # type: ignore[index]
    inner[path[-1]] = wrong_value  # type: ignore[index]
    return changed


@pytest.mark.parametrize("path", _paths(WHOLE), ids=str)
@pytest.mark.parametrize("wrong_value", [{"zz": {"zz": 1}}, [[["zz"]]], -17.5, "\\ wrong %", True], ids=repr)
def test_a_wrong_value_at_any_path_is_marked_there(path: Path, wrong_value: object) -> None:
    document = parsed(yaml_text(_with(WHOLE, path, wrong_value)))
    value, found = validate(Sample, document)
    if value is not None:
        # Some wrong values are right at some paths: a name is text, a mapping of mappings takes a key.
        assert found == ()
        return
    assert {item.path[: len(path)] for item in found} == {path}
    for finding in make_report(found, document).findings:
        place = document.places[finding.diagnostic.path[: len(path)]]
        assert finding.span is not None
        begin = min(place.value, place.key or place.value, key=lambda span: (span.start_line, span.start_column))
        assert (begin.start_line, begin.start_column) <= (finding.span.start_line, finding.span.start_column)
        assert (finding.span.end_line, finding.span.end_column) <= (place.value.end_line, place.value.end_column)


@pytest.mark.parametrize("path", [path for path in _paths(WHOLE) if isinstance(path[-1], str)], ids=str)
def test_an_unknown_key_beside_any_key_is_marked_itself(path: Path) -> None:
    document = parsed(yaml_text(_with(WHOLE, (*path[:-1], "qqq"), [[1]])))
    value, found = validate(Sample, document)
    assert value is None
    finding = only(found)
    assert finding.path[: len(path)] == (*path[:-1], "qqq")
    if finding.on_key:
        assert make_report(found, document).findings[0].span == document.places[finding.path].key


@pytest.mark.parametrize(
    ("text", "path", "code", "message", "label", "help"),
    [
        ("modles: {}", ("modles",), "DRM101", "unknown key 'modles'", None, "did you mean 'models'?"),
        ("hardware: {a: {gpu: x}}", ("hardware", "a", "gpu"), "DRM101", "unknown key 'gpu'",
         "expected gpus, ram or nvlink", "did you mean 'gpus'?"),
        ("hardware: {a: {gpus: {model: x, memry: 1 B}}}", ("hardware", "a", "gpus", "memry"), "DRM101",
         "unknown key 'memry'", "expected count, memory or capability", "did you mean 'memory'?"),
        ("hardware: {a: {gpus: [{model: x, memry: 1 B}]}}", ("hardware", "a", "gpus", 0, "memry"), "DRM101",
         "unknown key 'memry'", None, "did you mean 'memory'?"),
        ("context: 4k", ("context",), "DRM104", "the key 'context' does not belong here", None,
         "it belongs under models.<name> or tests[]"),
        ("hardware: {a: {models: {}}}", ("hardware", "a", "models"), "DRM104", "the key 'models' does not belong here",
         "expected gpus, ram or nvlink", "it belongs at the top level"),
        ("models: {m: {}}", ("models", "m", "source"), "DRM102", "the key 'source' is missing",
         "expected a key 'source' in here", ""),
        ("models: {m: {source: 1.10}}", ("models", "m", "source"), "DRM105", "expected text; got the number 1.10",
         "expected text", 'write "1.10"'),
        ("models: {m: {source: x, port: '80'}}", ("models", "m", "port"), "DRM105", "expected a whole number; got '80'",
         "expected a whole number", "write 80 without quotes"),
        ("models: {m: {source: x, port: true}}", ("models", "m", "port"), "DRM105", "expected a whole number; got true",
         "expected a whole number", ""),
        ("models: {m: {source: x, port: 70000}}", ("models", "m", "port"), "DRM107",
         "expected at most 65535; got the number 70000", "expected at most 65535", ""),
        ("models: {m: {source: x, engine: vlm}}", ("models", "m", "engine"), "DRM106", "unknown value 'vlm'",
         "expected 'vllm' or 'ollama'", "did you mean 'vllm'?"),
        ("models: {m: {source: x, engine: VLLM}}", ("models", "m", "engine"), "DRM106", "unknown value 'VLLM'",
         None, "did you mean 'vllm'?"),
        ("models:", ("models",), "DRM105", "expected a mapping (key: value); got nothing", None, ""),
        ("hardware: {a: {nvlink: yes}}", ("hardware", "a", "nvlink"), "DRM105", "expected true or false; got 'yes'",
         None, "write true"),
        ("hardware: {a: {ram: 16}}", ("hardware", "a", "ram"), "DRM108", "16 is missing its unit: write 16 GiB",
         "expected a size such as 16 GiB", ""),
        ("models: {m: {source: x, context: 4q}}", ("models", "m", "context"), "DRM109",
         "expected tokens such as 8k, or a range such as 4k..16k; got '4q'", None, None),
        ("chains: {c: routd}", ("chains", "c"), "DRM106", "unknown value 'routd'",
         "expected 'routed', a list or a mapping (key: value)", "did you mean 'routed'?"),
        ("chains: {c: [1]}", ("chains", "c", 0), "DRM105", "expected text; got the number 1", None, 'write "1"'),
        ("chains: {c: {membrs: [a]}}", ("chains", "c", "membrs"), "DRM101", "unknown key 'membrs'", None,
         "did you mean 'members'?"),
        ("chains: {c: {members: []}}", ("chains", "c", "members"), "DRM111", "expected at least 1 entry; got 0",
         None, ""),
        ("complexity: {c: x}", ("complexity", "c"), "DRM105", "expected a number or a mapping (key: value); got 'x'",
         None, ""),
        ("complexity: {c: {els: x}}", ("complexity", "c", "els"), "DRM101", "unknown key 'els'", None,
         "did you mean 'else'?"),
        ("tests: {source: x}", ("tests",), "DRM105", "expected a list; got a mapping", None, ""),
        ("tests: x", ("tests",), "DRM105", "expected a list; got 'x'", None, "write [x]"),
    ],
)  # fmt: skip
def test_each_mistake_has_one_finding_in_plain_words(
    text: str, path: Path, code: str, message: str, label: str | None, help: str | None
) -> None:
    found = wrongs(text)
    assert list(found) == [path]
    finding = found[path]
    assert (finding.code, finding.message) == (code, message)
    assert label is None or finding.label == label
    assert help is None or finding.help == help


def test_the_version_of_the_language_is_checked() -> None:
    finding = only(validate(Sample, parsed("dream: 2\nname: x"))[1])
    assert (finding.code, finding.label) == ("DRM106", "expected 1")


def test_text_of_the_wrong_form_names_the_form() -> None:
    finding = only(validate(Sample, parsed("dream: 1\nname: X y"))[1])
    assert (finding.code, finding.message, finding.label) == (
        "DRM110",
        "'X y' cannot be used here",
        "must match ^[a-z]+$",
    )


def test_all_mistakes_are_found_at_once() -> None:
    found = wrongs("hardware: {a: {ram: 1, nvlink: 1}, b: 1}\nmodels: {m: {prt: 1}}\nkey: plain")
    assert set(found) == {
        ("hardware", "a", "ram"), ("hardware", "a", "nvlink"), ("hardware", "b"), ("models", "m", "prt"),
        ("models", "m", "source"), ("key",),
    }  # fmt: skip


def test_a_secret_that_was_written_is_marked_as_one() -> None:
    finding = wrongs("key: sk-abcdef0123456789")["key",]
    assert (finding.code, finding.secret) == ("DRM113", True)
    assert "abcdef" not in repr(finding)


def test_a_renamed_key_tells_its_new_name() -> None:
    document = parsed("dream: 1\nname: x\nmodels: {m: {origin: x}}")
    _, found = validate(Sample, document, renamed={("models", "*", "origin"): "source"})
    finding = only(found)
    assert (finding.code, finding.path, finding.help) == ("DRM103", ("models", "m", "origin"), "write source:")


def test_a_key_that_has_gone_tells_what_replaces_it() -> None:
    document = parsed("dream: 1\nname: x\ndaily_budget: 3")
    finding = only(validate(Sample, document, renamed={("daily_budget",): "budget: {daily: 3 USD}"})[1])
    assert (finding.message, finding.help) == (
        "the key 'daily_budget' is no longer used",
        "write budget: {daily: 3 USD}",
    )


def test_messages_of_a_models_own_rules_are_passed_on() -> None:
    class Ruled(Shape):
        a: int
        b: str = ""

        @field_validator("a")
        @classmethod
        def _even(cls, value: int) -> int:
            if value % 2:
                raise ValueError("an even number is wanted")
            return value

        @field_validator("b")
        @classmethod
        def _lower(cls, value: str) -> str:
            if value != value.lower():
                raise wrong("DRM110", "capitals are not allowed", "in here", f"write {value.lower()}")
            return value

    found = {item.path: item for item in validate(Ruled, parsed("a: 3\nb: Xy"))[1]}
    assert (found["a",].code, found["a",].message) == ("DRM115", "an even number is wanted")
    assert (found["b",].code, found["b",].label, found["b",].help) == ("DRM110", "in here", "write xy")


def test_models_that_refer_to_themselves_are_understood() -> None:
    class Node(BaseModel):
        model_config = {"extra": "forbid"}
        name: str
        inner: Node | None = None

    document = parsed("name: x\ninner: {name: y, inner: {nam: z}}")
    finding = only(validate(Node, document)[1])
    assert (finding.path, finding.help) == (("inner", "inner", "nam"), "did you mean 'name'?")


_ANY = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.sampled_from(["16 GiB", "x", 0.5])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["gpus", "ram", "source", "a", "members", "up_to", "float", "str"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["dream", "name", "hardware", "models", "chains", "complexity", "key", "tests", "x"]), _ANY
    )
)
def test_no_value_whatever_raises_and_every_finding_has_a_place(value: dict[str, object]) -> None:
    document, _ = read(Source("x", yaml_text(value)))
    if document is None:
        return
    model, found = validate(Sample, document)
    assert (model is None) == bool(found)
    assert len({item.path for item in found}) == len(found)
    assert all(finding.span for finding in make_report(found, document).findings)


class _Twins(BaseModel):
    model_config = {"extra": "forbid"}

    mode: str = ""
    models: dict[str, str] = {}


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("mode: x\nmodes: {}\n", "did you mean 'models'?"),
        ("models: {}\nmodes: {}\n", "did you mean 'mode'?"),
        ("mode: x\nmodels: {}\nmodes: {}\n", "did you mean 'mode'?"),
    ],
)
def test_a_key_that_is_there_already_is_suggested_last(text: str, help: str) -> None:
    assert only(validate(_Twins, parsed(text))[1]).help == help
