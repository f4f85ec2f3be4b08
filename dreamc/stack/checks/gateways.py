"""Gateways on several hosts, and what on other hosts has to reach one."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.spec.dream import Dream
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
    if not stack.gateway.redis:
        return
    found = next(extra for extra in stack.services if extra.name == "redis")
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


def _webui(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    found = next((extra for extra in stack.services if extra.name == WEBUI), None)
    if found is None or found.host in stack.gateway.hosts or not _loopback(stack.gateway.bind):
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


def _loopback(bind: str) -> bool:
    try:
        return ip_address(bind).is_loopback
    except ValueError:
        return False
