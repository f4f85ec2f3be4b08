"""The two most common rules: a choice of the compiler with its reason, and a key of dream.yaml handed on."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.explain.types import Explain, Origin, Scene, Spot, Told
from dreamc.stack.types import GATEWAY_KEY, VLLM_KEY


def fixed(where: str, why: str) -> Explain:
    """A choice of a back end, the same for every file; `where` is the module that makes it."""
    return lambda _scene, _spot: chosen(where, why)


def key(why: str, *paths: Path) -> Explain:
    """A value that certain keys of dream.yaml give."""
    return lambda _scene, _spot: Told(why, paths)


def chosen(where: str, why: str, *paths: Path, what: str = "") -> Told:
    """The same as a rule's answer."""
    return Told(what or why, paths, (Origin("chosen", f"dreamc/{where}", why),))


def env(scene: Scene, spot: Spot) -> Told | None:
    """A reference to a secret, by the variable's name."""
    return secret(scene, str(spot.value).removeprefix("os.environ/"))


def secret(scene: Scene, variable: str) -> Told | None:
    """Where the value of a variable comes from; the value itself is never read."""
    stack = scene.stack
    for provider in stack.providers:
        if provider.secret and provider.secret.variable == variable:
            why = (
                f"key of {provider.name}: {provider.secret.reference} becomes {variable}; its value is never read here"
            )
            return Told(why, ((*provider.at, "key"),))
    if variable in (stack.gateway.secret.variable, GATEWAY_KEY):
        return Told("the key that clients present; its value is never read here", (("gateway", "key"),))
    if variable == VLLM_KEY:
        why = "vLLM servers that a gateway on another host asks are published on their host, so they ask for a key"
        return chosen("workloads/gateway.py", why, ("gateway", "hosts"))
    return None
