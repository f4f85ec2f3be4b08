"""What a dearer tier is expected to bring an action over a cheaper one: the order in which money is best spent."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.learning.outcomes import Count, Evidence
from dreamc.learning.table import Rule, side, totals


class Gains(Struct, frozen=True):
    """Expected success on the dearer tier less that on the cheaper one, by action; `other` for any other action."""

    of: Mapping[str, float]
    other: float

    def __call__(self, action: str) -> float:
        return self.of.get(action, self.other)


def gains(evidence: Evidence, cheaper: str, dearer: str, rule: Rule) -> Gains:
    """Posterior means, shrunk towards those of the other actions."""
    known = totals(evidence.counts, rule)
    actions = sorted({action for action, _ in evidence.counts})

    def gain(action: str) -> float:
        up, down = (
            side(tier, evidence.counts.get((action, tier)) or Count(), known, rule).belief.mean
            for tier in (dearer, cheaper)
        )
        return up - down

    return Gains({action: gain(action) for action in actions}, gain(""))
