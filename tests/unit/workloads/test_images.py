from __future__ import annotations

import pytest

from dreamc.stack.image_names import behind
from dreamc.workloads.images import reference
from tests.unit.backends.stacks import stack


def test_the_stacks_reference_goes_before_the_tables() -> None:
    there = stack(images=(("redis", "redis:8.2.0-alpine"),))
    assert reference(there, "redis") == "redis:8.2.0-alpine"
    assert reference(there, "ollama").startswith("ollama/ollama:")


def test_a_private_registry_takes_the_place_of_the_public_one() -> None:
    mirror = "registry.example.com/mirror"
    assert behind(mirror, "ghcr.io/berriai/litellm:v1") == f"{mirror}/berriai/litellm:v1"
    assert behind(mirror, "vllm/vllm-openai:v1") == f"{mirror}/vllm/vllm-openai:v1"
    assert behind(mirror, "redis:8") == f"{mirror}/redis:8"
    assert behind("10.0.0.1:5000", "redis@sha256:ab") == "10.0.0.1:5000/redis@sha256:ab"


def test_without_a_registry_nothing_changes() -> None:
    assert behind(None, "ghcr.io/berriai/litellm:v1") == "ghcr.io/berriai/litellm:v1"


def test_an_image_that_nobody_knows_is_a_bug_of_ours() -> None:
    with pytest.raises(KeyError, match="abacus"):
        reference(stack(), "abacus")
