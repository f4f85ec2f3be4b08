"""A LiteLLM configuration as the lints look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """`mode` is that of the stack; `strategies` are the names that LiteLLM knows."""

    config: Value
    mode: str
    strategies: tuple[str, ...]

    @property
    def deployments(self) -> tuple[Value, ...]:
        return tuple(self.config.get("model_list") or ())

    @property
    def router(self) -> Value:
        return self.config.get("router_settings") or {}

    @property
    def settings(self) -> Value:
        return self.config.get("litellm_settings") or {}

    @property
    def general(self) -> Value:
        return self.config.get("general_settings") or {}

    @property
    def groups(self) -> tuple[Value, ...]:
        return tuple(self.router.get("routing_groups") or ())

    @property
    def names(self) -> frozenset[str]:
        """Every `model_name`."""
        return frozenset(str(one.get("model_name")) for one in self.deployments)

    @property
    def callable(self) -> frozenset[str]:
        """Every name that a fallback or an alias may lead to."""
        return self.names | {str(group.get("group_name")) for group in self.groups}

    def hops(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Entries of `fallbacks` or of one of its kind: from which group, to which."""
        entries = self.router.get(key) or ()
        return tuple((str(name), tuple(map(str, to))) for entry in entries for name, to in entry.items())

    def windows(self, group: Value) -> tuple[int, ...]:
        """Context windows that the group's members state, each member once, in order."""
        stated = {
            str(one.get("model_name")): info(one)["max_input_tokens"]
            for one in reversed(self.deployments)
            if isinstance(info(one).get("max_input_tokens"), int)
        }
        return tuple(stated[model] for model in group.get("models") or () if model in stated)


def params(deployment: Value) -> Value:
    return deployment.get("litellm_params") or {}


def info(deployment: Value) -> Value:
    return deployment.get("model_info") or {}


def label(deployment: Value) -> str:
    """How a finding names a deployment."""
    return str(info(deployment).get("id") or deployment.get("model_name"))


def prefix(deployment: Value) -> str:
    """LiteLLM's provider, the part before the first slash; empty without one."""
    before, slash, _ = str(params(deployment).get("model", "")).partition("/")
    return before if slash else ""


def is_local(deployment: Value) -> bool:
    return info(deployment).get("dream_location") == "local"
