"""Gateways on several hosts, and what on other hosts has to reach one."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.spec.dream import Dream
from dreamc.stack.checks.exposure import loopback
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack

WEBUI = "open-webui"


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """A Redis that not every gateway shares, and a web UI that could not reach its gateway."""
    del inputs
    yield from _redis(stack)
    yield from _webui(stack, dream)


def _redis(stack: Stack) -> Iterator[Diagnostic]:
    """A gateway asks the Redis of its own host only."""
    found = stack.service("redis")
    if not stack.gateway.redis:
        yield from _alone(stack)
    if not stack.gateway.redis or found is None:
        return
    without = [host for host in stack.gateway.hosts if host != found.host]
    if without:
        at: Path = ("gateway", "redis") if found.at == ("gateway", "redis") else (*found.at, "host")
        yield Diagnostic(
            "DRM421",
            at,
            f"Redis runs on '{found.host}' and is not published: the gateway on '{without[0]}' does not use it",
            "shared on one host only",
            "run the gateways on one host, or accept cool-downs that are not shared",
            on_key=at == ("gateway", "redis"),
        )


def _alone(stack: Stack) -> Iterator[Diagnostic]:
    """Without Redis LiteLLM keeps its cool-downs in the process."""
    gateway = stack.gateway
    if gateway.replicas * len(gateway.hosts) == 1:
        return
    several, all_ = gateway.replicas > 1, gateway.replicas * len(gateway.hosts)
    yield Diagnostic(
        "DRM421",
        ("gateway", "replicas" if several else "hosts"),
        f"{all_} gateways and no Redis: each finds out for itself that a model is down",
        "nothing shared",
        "write redis: {} beside it" if several else "run the gateways on one host, or accept it with an ignore comment",
    )


def _webui(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    found = stack.service(WEBUI)
    if found is None or found.host in stack.gateway.hosts or not loopback(stack.gateway.bind):
        return
    home = stack.gateway.hosts[0]
    at: Path = ("services", WEBUI, "host") if dream.services.open_webui and dream.services.open_webui.host else found.at
    yield Diagnostic(
        "DRM509",
        at,
        f"the web UI on '{found.host}' cannot reach the gateway on '{home}', which listens on loopback only",
        "on another host than the gateway",
        f"write host: {home}, or let the gateway listen where the other host reaches it: `gateway: {{bind: …}}`",
    )
