"""Which tiers may serve a kind of action at all."""

from __future__ import annotations

from dreamc.learning.table import Reach
from dreamc.runtime.policy import Ask, cut
from dreamc.runtime.types import Policy

__all__ = ["Policy", "reach"]


def reach(policy: Policy) -> Reach:
    """Tiers with a model of their own, in whatever mode, that the whitelist lets serve the action."""
    own = {tier: _own(policy, tier) for tier in policy.tiers}
    return lambda action: tuple(
        tier for tier, names in own.items() if cut(policy, names, Ask("", "", action=action))[0]
    )


def _own(policy: Policy, tier: str) -> tuple[str, ...]:
    """Models of the tier; those that stand in for them are of another."""
    standing = (name for mode in policy.modes.values() for name in mode.tiers.get(tier, ()))
    return tuple(dict.fromkeys(name for name in standing if policy.members[name].tier == tier))
