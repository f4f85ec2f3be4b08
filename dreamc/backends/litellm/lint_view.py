"""A LiteLLM configuration as the lints look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Value = Mapping[str, Any]


class View(Struct, frozen=True):
    """`mode` is that of the stack; `strategies` are the names that LiteLLM knows.

    `names` are every `model_name`, `callable` everything that a fallback or an alias may lead to, `stated` the context
    window of each name that states one.
    """

    config: Value
    mode: str
    strategies: tuple[str, ...]
    deployments: tuple[Value, ...]
    router: Value
    settings: Value
    general: Value
    groups: tuple[Value, ...]
    names: frozenset[str]
    callable: frozenset[str]
    stated: Mapping[str, int]

    def hops(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Entries of `fallbacks` or of one of its kind: from which group, to which."""
        entries = self.router.get(key) or ()
        return tuple((str(name), tuple(map(str, to))) for entry in entries for name, to in entry.items())

    def windows(self, group: Value) -> tuple[int, ...]:
        """Context windows that the group's members state, each member once, in order."""
        return tuple(self.stated[model] for model in group.get("models") or () if model in self.stated)


def view(config: Value, mode: str, strategies: tuple[str, ...]) -> View:
    """The configuration with what the lints look up in it."""
    deployments: tuple[Value, ...] = tuple(config.get("model_list") or ())
    router: Value = config.get("router_settings") or {}
    groups: tuple[Value, ...] = tuple(router.get("routing_groups") or ())
    names = frozenset(str(one.get("model_name")) for one in deployments)
    return View(
        config=config,
        mode=mode,
        strategies=strategies,
        deployments=deployments,
        router=router,
        settings=config.get("litellm_settings") or {},
        general=config.get("general_settings") or {},
        groups=groups,
        names=names,
        callable=names | {str(group.get("group_name")) for group in groups},
        stated=_stated(deployments),
    )


def _stated(deployments: tuple[Value, ...]) -> dict[str, int]:
    """Of several deployments of one name the first counts."""
    return {
        str(one.get("model_name")): info(one)["max_input_tokens"]
        for one in reversed(deployments)
        if isinstance(info(one).get("max_input_tokens"), int)
    }


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
