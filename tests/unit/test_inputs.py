from __future__ import annotations

from pathlib import Path

import pytest

from dreamc.diagnostics.types import Source
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.inputs import LARGEST_CONFIG, configs, profile, stands_alone
from tests.unit.stack.files import BOX, HEAD, dream


def document(text: str) -> Document:
    found, problems = read(Source("dream.yaml", text))
    assert found is not None, problems
    return found


def loaded(value: str, folder: Path) -> tuple[object, list[tuple[str, tuple[str | int, ...]]]]:
    main = document(f"profile: {value}\n")
    found, _, problems = profile(main, main, folder, 1)
    return found.value if found else None, [(one.code, one.path) for one in problems]


@pytest.mark.parametrize("name", ["conservative", "balanced", "performance"])
def test_a_shipped_profile_is_found_by_its_name(name: str, tmp_path: Path) -> None:
    value, problems = loaded(name, tmp_path)
    assert isinstance(value, dict)
    assert (set(value), problems) == ({"budget", "routing"}, [])


def test_a_path_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text("mode: local\n", encoding="utf-8")
    assert loaded("house.yaml", tmp_path) == ({"mode": "local"}, [])
    assert loaded("./house.yaml", tmp_path) == ({"mode": "local"}, [])


@pytest.mark.parametrize(("value", "code"), [("balancd", "DRM215"), ("nowhere.yaml", "DRM001"), ("./", "DRM001")])
def test_one_that_is_not_there_is_a_mistake_of_its_line(value: str, code: str, tmp_path: Path) -> None:
    assert loaded(value, tmp_path) == (None, [(code, ("profile",))])


def test_a_mistake_inside_a_profile_stays_there(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text("a: [\n", encoding="utf-8")
    main = document("profile: house.yaml\n")
    _, source, (one,) = profile(main, main, tmp_path, 1)
    assert one.span is not None
    assert (one.span.source, source.name) == (1, (tmp_path / "house.yaml").as_posix())


@pytest.mark.parametrize("value", ["", "[a]", "3"])
def test_a_profile_that_is_no_text_is_left_to_the_check_of_shapes(value: str, tmp_path: Path) -> None:
    assert loaded(value, tmp_path) == (None, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        ("{" + " " * LARGEST_CONFIG + "}", "is larger than 1 MiB"),
        (None, "cannot be read: no such file or directory"),
    ],
    ids=["half", "list", "deep", "large", "missing"],
)
def test_what_is_no_config_is_said_at_its_key(text: str | None, words: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
    spec = dream(f'{HEAD}{BOX}models: {{m: {{source: "hf:a/b", config: config.json}}}}\n')
    found, (one,) = configs(spec, tmp_path)
    assert (dict(found), one.code, one.path) == ({}, "DRM617", ("models", "m", "config"))
    assert words in one.message


def test_a_config_is_read_once_for_all_models(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    models = 'a: {source: "hf:a/b", config: config.json}, b: {source: "hf:a/b", config: config.json}'
    found, problems = configs(dream(f"{HEAD}{BOX}models: {{{models}}}\n"), tmp_path)
    assert (dict(found), problems) == ({"config.json": {"model_type": "llama"}}, ())


def test_a_file_that_names_a_config_does_not_stand_alone() -> None:
    model = '{{m: {{source: "hf:a/b"{}}}}}'
    assert stands_alone(dream(f"{HEAD}{BOX}models: {model.format('')}\n"))
    assert not stands_alone(dream(f"{HEAD}{BOX}models: {model.format(', config: config.json')}\n"))
