"""Worlds with known success rates, and logs out of them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass

from dreamc.cost.usage_log import Line
from dreamc.learning.outcomes import Evidence
from dreamc.runtime.types import Budget, Member, Policy, Quality

TIERS = ("fast", "good", "best")


def policy(**changes: object) -> Policy:
    """Three tiers with a model each, which is named as its tier with an `m-` before it."""
    members = {f"m-{tier}": Member(f"m-{tier}", "local", None, tier, None, None, ()) for tier in TIERS}
    facts: dict[str, object] = {
        "stack": "s", "aliases": ("auto",), "members": members, "tiers": TIERS, "modes": {}, "actions": {},
        "complexity": (), "budget": Budget(None, None, 1), "whitelist": None,
        "quality": Quality(0.7, 2, self_critique=False, checks=()), "consensus": None, "cache_ttl_s": None,
        "triggers": (), "timeout_s": 30, "usage_log": None,
    }  # fmt: skip
    return Policy(**{**facts, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class World:
    """Success of each action on each tier, and the tiers that its outcomes come from."""

    rates: Mapping[str, tuple[float, float, float]]

    def evidence(self, labels: int, seed: int = 0) -> Evidence:
        """So many labels of every action on every tier."""
        found, draw = Evidence(), random.Random(seed)
        for action, rates in self.rates.items():
            for tier, rate in zip(TIERS, rates, strict=True):
                for _ in range(labels):
                    found.of(action, tier).label(float(draw.random() < rate))
                    found.saw(action, tier)
        return found

    def oracle(self, margin: float = 0.05) -> dict[str, str]:
        """The cheapest tier that is within `margin` of the best one."""
        return {
            action: next(tier for tier, rate in zip(TIERS, rates, strict=True) if rate >= max(rates) - margin)
            for action, rates in self.rates.items()
        }


def line(n: int, **facts: object) -> Line:
    """A call of the model of `tier` that was answered, as the gateway writes it."""
    tier = facts.get("tier", "good")
    usual: dict[str, object] = {
        "time": f"2026-11-20T10:{n // 60 % 60:02d}:{n % 60:02d}.000Z", "status": "ok", "alias": "auto",
        "member": f"m-{tier}", "location": "local", "tier": "good", "action": "edit", "id": f"r{n}",
        "served": "local", "writer": "w", "n": n,
    }  # fmt: skip
    return Line(**{**usual, **facts})  # type: ignore[arg-type]


def written(line: Line) -> str:
    """As it stands in the log."""
    facts = {name: getattr(line, name) for name in Line.__struct_fields__}
    return json.dumps({name: value for name, value in facts.items() if value is not None}) + "\n"
