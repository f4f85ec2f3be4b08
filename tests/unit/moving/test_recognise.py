"""What a file is, is read from what is in it; where the files are, from paths, directories and patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.moving.recognise import find
from tests.unit.moving.shapes import SHAPES

TEXTS = {
    "tiers": "tiers: {fast: {models: []}}",
    "providers": "providers: {ollama: {type: ollama, models: []}}",
    "mappings": "exact_matches: {a: {provider: ollama}}",
    "litellm": "model_list: []",
    "compose": "services: {a: {image: redis}}",
    "whitelist": "cloud_apis: [openai.com]",
    "profile": "profile: balanced\nrouting_rules: {complexity_threshold: 0.6}",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_file_of_any_name_is_known_by_its_keys(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(TEXTS[kind], encoding="utf-8")
    found = find((tmp_path / "x.yml",))
    assert [one.kind for one in found.given] == [kind]
    assert found.findings == ()


def test_a_command_line_in_a_script_and_a_file_of_variables_are_known(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text("vllm serve Qwen/Qwen3-8B --port 8001\n", encoding="utf-8")
    (tmp_path / ".env.local").write_text("A=1\n", encoding="utf-8")
    (tmp_path / "one.args").write_text("Qwen/Qwen3-8B\n--port=8001\n", encoding="utf-8")
    assert sorted(one.kind for one in find((tmp_path,)).given) == ["env", "vllm", "vllm"]


def test_a_dream_yaml_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "dream.yaml").write_text("dream: 1\nproviders: {openai: {key: env://A}}\n", encoding="utf-8")
    found = find((tmp_path / "dream.yaml",))
    assert found.given == ()
    assert found.strange == ((tmp_path / "dream.yaml").as_posix(),)


def test_a_script_that_starts_no_model_is_nothing_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("export A=1\nls\n", encoding="utf-8")
    assert find((tmp_path / "a.sh",)).strange == ((tmp_path / "a.sh").as_posix(),)


def test_a_directory_is_searched_and_what_is_not_known_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "a.yaml").write_text(TEXTS["litellm"], encoding="utf-8")
    (tmp_path / "other.yaml").write_text("some: thing\n", encoding="utf-8")
    found = find((tmp_path,))
    assert [one.name for one in found.given] == [(tmp_path / "config" / "a.yaml").as_posix()]
    assert found.strange == ()


def test_a_pattern_that_no_shell_expanded_is_expanded() -> None:
    found = find((SHAPES / "modes" / "docker-compose.*.yml",))
    assert [one.kind for one in found.given] == ["compose"] * 3


def test_a_broken_file_has_its_caret_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("model_list:\n  - {a: [1\n", encoding="utf-8")
    found = find((tmp_path / "b.yaml",))
    assert found.broken == ((tmp_path / "b.yaml").as_posix(),)
    assert found.findings[0].span is not None
    assert found.findings[0].span.start_line == 2


def test_a_key_that_stands_twice_is_said_and_the_file_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("model_list: []\nmodel_list: []\n", encoding="utf-8")
    found = find((tmp_path / "b.yaml",))
    assert [one.code for one in found.findings]
    assert len(found.given) == 1
    assert found.broken == ()


def test_json_may_be_indented_with_tabs() -> None:
    assert [one.kind for one in find((SHAPES / "whitelist" / "whitelist.json",)).given] == ["whitelist"]


def test_lines_are_those_of_the_keys() -> None:
    (given,) = find((SHAPES / "daemon" / "llm_config.yaml",)).given
    lines = (SHAPES / "daemon" / "llm_config.yaml").read_text().splitlines()
    assert lines[given.line(("cost_control", "daily_budget")) - 1].strip().startswith("daily_budget")
    assert given.line(("cost_control", "no", "such")) == given.line(("cost_control",))
