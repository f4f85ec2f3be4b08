"""Written text means the same to YAML 1.1 and 1.2 readers, and to docker compose's .env reader."""

from __future__ import annotations

import json
import shlex

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.document.write import env_text, json_text, yaml_text

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_TRICKY = st.sampled_from(
    ("yes", "No", "on", "y", "~", "null", "12:30", "1e5", "0x1f", "0o17", "1_000", "2024-01-01", "", " a", "a ", "-",
     "a: b", "a #b", "#a", "- a", "?", "=", "<<", "&a", "*a", "!a", "%a", "@a", "`a", "a\n", "a\n\n", "\na", " a\nb",
     "'", '"', "\\", "it's", 'say "x"', ".inf", "a\tb", "a\r\nb", "\ufeff", "\u2028", "\x85", "${A:?}", "{a}",
     "[a]", "a,b", "é漢")
)  # fmt: skip
_SCALAR = st.one_of(
    _TEXT, _TRICKY, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
_KEY = st.one_of(_TEXT, _TRICKY).filter(lambda text: len(text) < 100)
_VALUE = st.recursive(
    _SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEY, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(_KEY, _VALUE, max_size=4))
def test_three_readers_agree_on_what_was_written(value: dict[str, object]) -> None:
    text = yaml_text(value, "made by a test")
    assert yaml.safe_load(text) == (value or {})
    assert YAML(typ="safe", pure=True).load(text) == (value or {})
    if value:
        document, found = read(Source("x", text))
        assert found == ()
        assert document is not None
        assert document.value == value


@given(_VALUE)
def test_json_comes_back_as_it_was(value: object) -> None:
    assert json.loads(json_text(value)) == value


def test_a_compose_file_looks_as_a_person_would_write_it() -> None:
    value = {
        "services": {
            "vllm": {
                "image": "vllm/vllm-openai:v0.10.2",
                "command": ["--model", "/models/qwen", "--port", "8001"],
                "environment": {"KEY": "${DREAM_KEY:?}", "ON": "yes"},
                "ports": [{"target": 8001, "published": "8001"}],
                "script": "set -e\nexec server\n",
                "tmpfs": [],
            }
        }
    }
    assert yaml_text(value, "dreamc 0.1.0, input sha256:ab") == (
        "# dreamc 0.1.0, input sha256:ab\n"
        "services:\n"
        "  vllm:\n"
        "    image: vllm/vllm-openai:v0.10.2\n"
        "    command:\n"
        '      - "--model"\n'
        "      - /models/qwen\n"
        '      - "--port"\n'
        '      - "8001"\n'
        "    environment:\n"
        '      KEY: "${DREAM_KEY:?}"\n'
        '      "ON": "yes"\n'
        "    ports:\n"
        "      - target: 8001\n"
        '        published: "8001"\n'
        "    script: |\n"
        "      set -e\n"
        "      exec server\n"
        "    tmpfs: []\n"
    )


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        yaml_text({"a": value})
    with pytest.raises(ValueError, match="JSON compliant"):
        json_text({"a": value})


def test_values_that_are_not_plain_are_refused() -> None:
    with pytest.raises(TypeError):
        yaml_text({"a": object()})
    with pytest.raises(TypeError):
        yaml_text({1: "a"})


def test_env_values_are_quoted_only_where_a_reader_needs_it() -> None:
    values = {"A": "plain-1.0", "B": "two words", "C": "it's $5", "D": "", "E": "a$b", "F": "back\\"}
    assert env_text(values, "head", {"B": "why B"}) == (
        "# head\nA=plain-1.0\n# why B\nB='two words'\nC=\"it's \\$5\"\nD=\nE='a$b'\nF=\"back\\\\\"\n"
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="$`"), max_size=20))
def test_a_shell_reads_the_env_value_that_was_written(value: str) -> None:
    # shlex does not know that a backslash before a dollar or a backtick vanishes between double quotes.
    assert shlex.split(env_text({"NAME": value}), posix=True) == [f"NAME={value}"]


def test_a_wrong_variable_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no name of a variable"):
        env_text({"A B": "x"})
