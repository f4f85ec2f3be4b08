"""config/litellm/<mode>-config.yaml, checked against everything that is known to go wrong."""

from __future__ import annotations

from typing import Any

from dreamc.artifact.types import Artifact
from dreamc.backends.header import header
from dreamc.backends.litellm.deployments import ALLOWED_FAILS, deployments
from dreamc.backends.litellm.groups import compared, copies, groups
from dreamc.backends.litellm.lint import lint
from dreamc.backends.litellm.mcp import mcp_servers
from dreamc.backends.litellm.settings import general_settings, litellm_settings, router_settings
from dreamc.document.write import yaml_text
from dreamc.stack.types import ModeRoutes, Stack
from dreamc.workloads.images import reference
from dreamc.workloads.paths import litellm_config


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """One configuration per compiled mode; none for a host without a gateway.

    Raises ValueError with all findings when a configuration breaks a rule of `lint`: that is a bug of the compiler.
    """
    if host not in stack.gateway.hosts:
        return ()
    return tuple(_artifact(stack, host, routes) for routes in stack.modes)


def config(stack: Stack, host: str, routes: ModeRoutes) -> dict[str, Any]:
    """The configuration of one mode as plain values."""
    made = groups(stack, routes)
    names = tuple(dict.fromkeys(member.name for group in made for member in group.members))
    base = deployments(stack, host, routes.mode, names)
    everything = compared(made, (*base, *copies(made, base)))
    servers = mcp_servers(stack, host, routes.mode)
    return {
        "model_list": list(everything),
        "router_settings": router_settings(stack, host, made, everything, ALLOWED_FAILS),
        "litellm_settings": litellm_settings(stack, host, routes.mode),
        "general_settings": general_settings(),
        **({"mcp_servers": servers} if servers else {}),
    }


def _artifact(stack: Stack, host: str, routes: ModeRoutes) -> Artifact:
    value = config(stack, host, routes)
    path = litellm_config(routes.mode)
    findings = lint(value, routes.mode, _version(stack))
    if findings:
        raise ValueError(f"{host}: {path} breaks rules of its own: " + "; ".join(findings))
    return Artifact(path, yaml_text(value, header(stack)))


def _version(stack: Stack) -> str:
    """The tag of the image; a digest says no version, and the rules of the newest one apply."""
    return reference(stack, "litellm").rpartition(":")[2]
