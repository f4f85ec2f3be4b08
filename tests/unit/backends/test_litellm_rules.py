"""The keys that each version of LiteLLM reads, as far as they are written here."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
from pathlib import Path

import pytest

from dreamc.knowledge.images import image
from dreamc.knowledge.litellm import rules_for, versions
from dreamc.knowledge.table import table

KINDS = {"int", "number", "bool", "text", "env", "texts", "list", "mapping"}

ASK = """
import inspect, json, litellm
from litellm.constants import ROUTER_SETTINGS_MANAGED_OUTSIDE_CONFIG as outside
from litellm.types.router import RoutingGroup
from litellm.router_utils.routing_groups import VALID_ROUTING_STRATEGIES as strategies
from litellm.caching.caching import Cache
print(json.dumps({
    "router_settings": sorted(set(inspect.signature(litellm.Router.__init__).parameters) - outside),
    "routing_group": sorted(RoutingGroup.model_fields),
    "strategies": sorted(strategies),
    "cache_params": sorted(inspect.signature(Cache.__init__).parameters),
}))
"""


def test_the_pinned_image_has_rules_of_its_own() -> None:
    pinned = image("litellm")
    assert pinned is not None
    assert pinned.tag.removeprefix("v") in versions()


def test_an_unknown_version_is_held_to_the_newest_rules() -> None:
    assert rules_for("9.9.9").version == versions()[-1]
    assert rules_for("v1.106.2").version == "1.106.2"


@pytest.mark.parametrize("version", versions())
def test_every_key_has_a_type_and_a_place_in_litellms_source(version: str) -> None:
    source = table(f"litellm/{version}.yaml")
    assert source.header["source"].startswith("https://")
    for section in source.sections:
        for key, row in source.rows(section):
            assert row["where"], key
            assert section == "routing_strategies" or row["type"] in KINDS, key


@pytest.mark.oracle
@pytest.mark.slow
def test_litellm_itself_has_these_keys() -> None:
    """$DREAMC_LITELLM names the proxy's program; the interpreter beside it is asked."""
    program = os.environ.get("DREAMC_LITELLM")
    if not program:
        pytest.skip("DREAMC_LITELLM names no litellm")
    python = Path(program).parent / "python"
    switches = {"PATH": os.environ["PATH"], "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [str(python), "-c", inspect.cleandoc(ASK)], env=switches, capture_output=True, text=True, check=True
    )
    real = json.loads(done.stdout.splitlines()[-1])
    rules = rules_for("1.106.2")
    for section in ("router_settings", "routing_group", "cache_params"):
        assert set(rules.sections[section].types) <= set(real[section])
    assert set(rules.strategies) == {*real["strategies"], "priority"}
