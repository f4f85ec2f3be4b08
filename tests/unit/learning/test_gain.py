"""Gains: the order in which a dear tier is worth its money."""

from __future__ import annotations

from dreamc.learning.gain import gains
from dreamc.learning.outcomes import Evidence
from dreamc.learning.table import Rule
from tests.unit.learning.worlds import World

WORLD = World({"classify": (0.9, 0.9, 0.95), "edit": (0.3, 0.6, 0.9), "plan": (0.1, 0.4, 0.9)})


def test_actions_come_in_the_order_of_what_the_dear_tier_brings() -> None:
    gain = gains(WORLD.evidence(100), "fast", "best", Rule())
    assert gain("plan") > gain("edit") > gain("classify")


def test_an_action_never_seen_gets_what_the_others_gain_on_average() -> None:
    gain = gains(WORLD.evidence(300), "fast", "best", Rule())
    assert abs(gain("draw") - 0.48) < 0.06


def test_nothing_known_is_no_gain() -> None:
    assert gains(Evidence(), "fast", "best", Rule())("edit") == 0
