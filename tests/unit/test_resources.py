"""Templates, schemas and profiles are found by name, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamc import resources
from dreamc.errors import DreamError
from dreamc.resources import Kind, names, text

KINDS: tuple[Kind, ...] = ("templates", "schemas", "profiles")


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_has_a_text(kind: Kind) -> None:
    assert names(kind)
    assert names(kind) == tuple(sorted(names(kind)))
    assert all(text(kind, name).strip() for name in names(kind))


@pytest.mark.parametrize("name", ["nope.yaml", "../pyproject.toml", "/etc/passwd", "", ".", "balanced"])
def test_a_name_that_is_not_listed_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(DreamError) as caught:
        text("profiles", name)
    assert name in caught.value.what
    assert caught.value.remedy


def test_hidden_and_cached_files_are_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.yaml", ".b.yaml", "__pycache__/c.yaml", "sub/d.yaml", "sub/.git/e.yaml"):
        file = tmp_path / "profiles" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    assert names("profiles") == ("a.yaml", "sub/d.yaml")
    assert text("profiles", "sub/d.yaml") == "x"


def test_an_installation_without_data_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "dreamc")
    assert names("schemas") == ()
    with pytest.raises(DreamError, match="reinstall"):
        text("schemas", "dream.schema.json")
