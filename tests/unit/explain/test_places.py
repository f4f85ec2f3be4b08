"""Paths of dream.yaml as file, line and column, or as the default that stands in."""

from __future__ import annotations

import pytest

from dreamc.diagnostics.types import Path
from dreamc.explain.places import dotted, field, origins
from tests.unit.explain.scenes import scene


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (("gateway", "port"), "4000"),
        (("models", "fast", "timeout"), "`fallbacks.timeout`"),
        (("models", "fast", "keep_alive"), "for ever"),
        (("services", "redis", "memory"), "from the table"),
        (("usage", "log"), "nothing is the default"),
    ],
)
def test_a_key_that_is_not_written_shows_what_the_language_says_of_it(path: Path, says: str) -> None:
    (found,) = origins(scene("hybrid-4070").document, (path,))
    assert found.kind == "default"
    assert says in found.text


def test_a_profiles_value_points_into_the_profile() -> None:
    (found,) = origins(scene("hybrid-4070").document, (("routing", "cloud_from"),))
    assert found.where.startswith("profiles/balanced.yaml:")
    assert found.text == "cloud_from: 0.6"


def test_paths_are_written_for_people() -> None:
    assert dotted(("models", "a.b", "gpus", 0)) == "models.a.b.gpus[0]"


def test_a_key_that_the_language_does_not_have_has_no_field() -> None:
    assert field(("models", "x", "nonsense")) is None
