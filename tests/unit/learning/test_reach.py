"""Which tiers may be proposed for an action."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from dreamc.learning.reach import reach
from dreamc.runtime.types import Mode, Whitelist
from tests.unit.learning.worlds import TIERS, policy


def test_tiers_with_a_model_of_their_own_are_proposed() -> None:
    """In `best` only a model of `good` stands in."""
    tiers = {"fast": ("m-fast",), "good": ("m-good",), "best": ("m-good",)}
    assert reach(policy(modes={"local": Mode({}, tiers)}))("edit") == ("fast", "good")


def test_what_the_whitelist_keeps_at_home_is_not_proposed_a_cloud() -> None:
    here = policy()
    cloud = replace(here.members["m-best"], location="cloud", domain="api.example.com")
    given = policy(
        members={**here.members, "m-best": cloud},
        modes={"hybrid": Mode({}, {tier: (f"m-{tier}",) for tier in TIERS})},
        whitelist=Whitelist(("example.com",), (), (), MappingProxyType({"plan": True, "edit": False})),
    )

    assert reach(given)("plan") == TIERS
    assert reach(given)("edit") == ("fast", "good")
