"""The last resort finds the keys that a value depends on, by changing them."""

from __future__ import annotations

import pytest

from dreamc.explain import files, value
from dreamc.explain.experiment import Lab, depends, leaves
from dreamc.explain.types import Explanation, Spot
from dreamc.stack.inputs import Inputs
from tests.unit.explain.scenes import TODAY, result, scene


def tried(thing: str, tries: int = 100) -> Explanation:
    document = result("hybrid-4070").document
    assert document is not None
    place = files.spot(scene("hybrid-4070"), thing)
    assert isinstance(place, Spot)
    left = iter(range(tries))
    lab = Lab(document, Inputs(TODAY, "0" * 64, {}), lambda: next(left, None) is not None)
    return value.tried(place, lambda spot: depends(lab, spot))


@pytest.mark.parametrize(
    ("thing", "line"),
    [
        ("desk/config/litellm/hybrid-config.yaml:router_settings.timeout", "timeout: 30s"),
        ("desk/config/policy.json:budget.monthly_usd", "monthly: 50 USD"),
        ("desk/docker-compose.hybrid.yml:services.vllm-quality.command[--max-num-seqs]", "concurrency: 2"),
        ("desk/docker-compose.hybrid.yml:name", "name: hybrid"),
    ],
)
def test_the_key_that_decides_is_found(thing: str, line: str) -> None:
    found = tried(thing)
    assert found.by == "experiment"
    assert "experiment" in found.why
    assert line in [one.text for one in found.origins if one.kind == "found"]


def test_a_value_that_nothing_in_the_file_moves_is_said_to_be_one() -> None:
    found = tried("desk/config/litellm/hybrid-config.yaml:router_settings.num_retries", 12)
    assert found.origins == ()
    assert "never changed" in found.why


def test_it_stops_when_it_is_told_to() -> None:
    found = tried("desk/config/policy.json:budget.monthly_usd", 0)
    assert "0 keys were changed" in found.why


def test_every_leaf_of_a_file_is_seen_once() -> None:
    assert list(leaves({"a": [1, {"b": 2}], "c": None})) == [(("a", 0), 1), (("a", 1, "b"), 2), (("c",), None)]
