"""A secret of the environment is in no output: not in a finding of any format, not in a bundle."""

from __future__ import annotations

import secrets
from pathlib import Path as FilePath

import pytest

from dreamc.compiler import emit
from dreamc.diagnostics.render import FORMATS, render
from tests.property.examples import TEXTS, document, files, replaced, report, resolved

NAMES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "OLLAMA_API_KEY", "GATEWAY_KEY", "VLLM_KEY", "CANARY")


@pytest.fixture
def canary() -> str:
    return f"canary-{secrets.token_hex(12)}"


def world(canary: str) -> dict[str, str]:
    """The secret under every name that a file or an output might ask for."""
    return {f"{prefix}{name}": canary for name in NAMES for prefix in ("", "DREAM_")}


@pytest.mark.parametrize("name", TEXTS)
def test_keys_of_the_environment_are_in_no_bundle(name: str, tmp_path: FilePath, canary: str) -> None:
    result = resolved(TEXTS[name], tmp_path, world(canary))
    assert result.stack is not None
    assert [path for path, text in files(emit(result.stack)).items() if canary in path + text] == []
    assert canary not in repr(result.stack)


@pytest.mark.parametrize("name", TEXTS)
def test_a_secret_put_into_any_value_is_in_no_finding(name: str, tmp_path: FilePath, canary: str) -> None:
    told, found = [], 0
    for path, place in document(TEXTS[name]).places.items():
        if not path:
            continue
        changed = replaced(TEXTS[name], place.value, '"${CANARY}"')
        shown = report(resolved(changed, tmp_path, world(canary)))
        found += bool(shown.findings)
        told += [(path, format_) for format_ in FORMATS if canary in render(shown, format_)]
    assert told == []
    assert found > 20


@pytest.mark.parametrize("name", TEXTS)
def test_a_key_written_into_the_file_is_not_repeated(name: str, tmp_path: FilePath) -> None:
    written = f"sk-ant-api03-{secrets.token_hex(20)}"
    for path, place in document(TEXTS[name]).places.items():
        if not path:
            continue
        result = resolved(replaced(TEXTS[name], place.value, written), tmp_path)
        shown = report(result)
        assert shown.has_errors, path
        assert [format_ for format_ in FORMATS if written in render(shown, format_)] == [], path
