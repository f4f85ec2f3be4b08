"""Files and places are named as people copy them; a wrong name gets the right one back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamc.explain.files import spot
from dreamc.explain.types import Spot, Unknown
from tests.unit.explain.scenes import scene

PLACE = "services.litellm.image"


@pytest.mark.parametrize("prefix", ["build/desk/", "./build/desk/", "/opt/out/desk/", "desk/", ""])
def test_a_file_is_found_under_any_folder_and_without_its_host_when_it_is_one_hosts_alone(prefix: str) -> None:
    found = spot(scene("hybrid-4070"), f"{prefix}docker-compose.hybrid.yml:{PLACE}")
    assert isinstance(found, Spot)
    assert (found.host, found.path, found.keys) == ("desk", "docker-compose.hybrid.yml", tuple(PLACE.split(".")))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from(("", ":", "desk/config/policy.json:", "desk/README.md:", "desk/dream:")))
def test_whatever_is_typed_gets_an_answer(typed: str, before: str) -> None:
    assert isinstance(spot(scene("hybrid-4070"), before + typed), Spot | Unknown)


def test_a_file_that_several_hosts_have_asks_which() -> None:
    found = spot(scene("fleet"), "docker-compose.local.yml:name")
    assert isinstance(found, Unknown)
    assert "desk/docker-compose.local.yml" in found.near


def test_a_misspelt_file_gets_the_nearest_files() -> None:
    found = spot(scene("hybrid-4070"), "desk/docker-compose.hybird.yml:name")
    assert isinstance(found, Unknown)
    assert found.near[0] == "desk/docker-compose.hybrid.yml"


def test_a_misspelt_place_gets_the_nearest_places_of_the_file() -> None:
    found = spot(scene("hybrid-4070"), "desk/docker-compose.hybrid.yml:services.vllm-qality.command[--max-model-len]")
    assert isinstance(found, Unknown)
    assert "desk/docker-compose.hybrid.yml:services.vllm-quality.command[--max-model-len]" in found.near


def test_a_misspelt_option_gets_the_right_one_first() -> None:
    found = spot(scene("hybrid-4070"), "desk/docker-compose.hybrid.yml:services.vllm-quality.command[--max-model-ln]")
    assert isinstance(found, Unknown)
    assert found.near[0].endswith("command[--max-model-len]")


def test_the_example_of_the_conventions_works_with_the_names_of_its_file() -> None:
    found = spot(
        scene("rtx5000-lab"), "gpu01/docker-compose.hybrid.yml:services.vllm-qwen-coder-vllm.command[--max-model-len]"
    )
    assert isinstance(found, Spot)
    assert found.flag == "--max-model-len"
    assert str(found.value).isdigit()
