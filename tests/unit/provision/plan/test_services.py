"""Names of images as compose, Docker and a lock file write them."""

from __future__ import annotations

import pytest

from dreamc.provision.plan.services import plain, repository


@pytest.mark.parametrize(
    ("image", "listed", "bare"),
    [
        ("redis:8", "redis:8", "redis"),
        ("redis", "redis:latest", "redis"),
        ("docker.io/library/redis:8", "redis:8", "redis"),
        ("docker.io/vllm/vllm-openai:v1", "vllm/vllm-openai:v1", "vllm/vllm-openai"),
        ("10.0.0.1:5000/a/b", "10.0.0.1:5000/a/b:latest", "10.0.0.1:5000/a/b"),
        ("10.0.0.1:5000/a/b:1@sha256:ab", "10.0.0.1:5000/a/b:1@sha256:ab", "10.0.0.1:5000/a/b"),
        ("redis@sha256:ab", "redis@sha256:ab", "redis"),
    ],
)
def test_an_image_is_found_under_the_name_that_docker_lists(image: str, listed: str, bare: str) -> None:
    assert (plain(image), repository(image)) == (listed, bare)
