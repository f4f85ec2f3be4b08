"""Images are pinned, and the engine's image follows the engine's version."""

from __future__ import annotations

import re

import pytest

from dreamc.knowledge.images import image, image_names, vllm_image
from dreamc.knowledge.vllm import NEWEST, vllm_versions


@pytest.mark.parametrize("name", image_names())
def test_an_image_is_pinned_by_version(name: str) -> None:
    found = image(name)
    assert found is not None
    assert re.search(r"\d+\.\d+", found.tag)
    assert not re.search(r"latest|main|nightly|stable", found.tag)
    assert found.reference == f"{found.repository}:{found.tag}"
    assert bool(found.cuda) == bool(found.min_driver)


def test_the_engine_image_is_of_the_pinned_version() -> None:
    found = image("vllm")
    assert found is not None
    assert found.reference == f"vllm/vllm-openai:v{NEWEST}"


@pytest.mark.parametrize("version", vllm_versions())
def test_another_engine_version_has_its_own_image_and_driver(version: str) -> None:
    found = vllm_image(version)
    assert found is not None
    assert found.reference == f"vllm/vllm-openai:v{version}"
    assert (found.cuda == "13.0") == (found.min_driver == "580.65")


def test_an_unknown_version_has_no_image() -> None:
    assert vllm_image("9.9.9") is None
    assert image("nothing") is None
