"""Asks every alias of a running gateway, breaks the member that answered, and asks again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from dreamc.gateway.ask import Gate, Reply, ask, embed
from dreamc.gateway.reach import Config, deployments
from dreamc.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Served:
    """A running gateway with all its deployments on one upstream."""

    gate: Gate
    config: Config
    upstream: Upstream
    turn: Iterator[int] = field(default_factory=count)

    def ask(self, alias: str) -> Reply:
        """A chat or an embedding, whichever the members of the alias are for; never twice the same, for the cache."""
        member = self.chain(alias)[0]
        info = next(d["model_info"] for d in deployments(self.config) if d["model_name"] == member)
        return (embed if info.get("mode") == "embedding" else ask)(
            self.gate, alias, f"What is chain {next(self.turn)}?"
        )

    def chain(self, name: str) -> tuple[str, ...]:
        """Names of the members of a group, or of the group behind an alias, first choice first."""
        behind = (self.config["router_settings"].get("model_group_alias") or {}).get(name, name)
        group = behind["model"] if isinstance(behind, dict) else behind
        groups = self.config["router_settings"]["routing_groups"]
        order = next(entry["model_priorities"] for entry in groups if entry["group_name"] == group)
        return tuple(sorted(order, key=order.__getitem__))

    def name_of(self, deployment: str) -> str:
        return next(str(d["model_name"]) for d in deployments(self.config) if d["model_info"]["id"] == deployment)

    def take_down(self, name: str) -> None:
        """Every deployment of this member drops its connections."""
        for deployment in deployments(self.config):
            if deployment["model_name"] == name:
                self.upstream.fail(deployment["model_info"]["id"], "refuse")


def next_in_line(served: Served, alias: str, tired: set[str]) -> tuple[str, str, tuple[str, ...]]:
    """(member that answered, member that answers once the first is down, members that may).

    `tired` are members that failed earlier in this gateway's life: the router may be resting them. It may skip
    those and no others, so the answer comes from the next member that is not tired, or from a tired one before it.
    """
    healthy = served.ask(alias)
    first = served.name_of(healthy.deployment)
    rest = [name for name in served.chain(healthy.group) if name != first]
    served.take_down(first)
    tired.add(first)
    try:
        second = served.name_of(served.ask(alias).deployment)
    finally:
        served.upstream.heal()
    awake = next((place for place, name in enumerate(rest) if name not in tired), len(rest) - 1)
    return first, second, tuple(rest[: awake + 1])
