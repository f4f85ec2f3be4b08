"""What can be reached from outside, and what protects it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.spec.dream import Dream
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import VLLM_KEY, Stack


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Addresses beyond loopback, pages without sign-in, engines without a key."""
    del inputs
    yield from _bind(stack, dream)
    yield from _remote_ollama(stack)
    yield from _variables(stack, dream)


def _bind(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    here = loopback(stack.gateway.bind)
    if here is None:
        yield Diagnostic(
            "DRM507",
            ("gateway", "bind"),
            f"'{stack.gateway.bind}' is not an IP address",
            "expected an IP address",
            "write bind: 127.0.0.1 or bind: 0.0.0.0",
        )
    if here is not False:
        return
    yield Diagnostic(
        "DRM503",
        ("gateway", "bind"),
        "the gateway listens beyond this machine, and its key crosses the network unencrypted",
        "not loopback",
        "put a proxy with TLS in front, or keep bind: 127.0.0.1 and use an SSH tunnel",
    )
    webui = dream.services.open_webui
    if webui is not None and not webui.auth:
        yield Diagnostic(
            "DRM504",
            ("services", "open-webui", "auth"),
            "anybody on the network could chat: the web UI asks for no sign-in",
            "no sign-in beyond loopback",
            "remove auth: false",
        )


def loopback(bind: str) -> bool | None:
    """Whether only this machine reaches what listens there; None for what is no IP address."""
    try:
        return ip_address(bind).is_loopback
    except ValueError:
        return None


def _variables(stack: Stack, dream: Dream) -> Iterator[Diagnostic]:
    """Two secrets in one variable would hand each other's value to the wrong party."""
    gateway: Path = ("gateway", "key") if dream.gateway.key else ("gateway",)
    seen: dict[str, tuple[str, str, Path]] = {
        VLLM_KEY: ("", "the key between hosts", ()),
        stack.gateway.secret.variable: (stack.gateway.secret.reference, "the gateway's own key", gateway),
    }
    for provider in stack.providers:
        if provider.secret is None:
            continue
        at: Path = (*provider.at, "key")
        reference, whose, first = seen.setdefault(
            provider.secret.variable, (provider.secret.reference, f"the key of '{provider.name}'", at)
        )
        if first != at and (reference != provider.secret.reference or not whose.endswith("'")):
            yield Diagnostic(
                "DRM508",
                at,
                f"the key of '{provider.name}' and {whose} would both be {provider.secret.variable} on the host",
                "two secrets in one variable",
                f"name it after the provider, such as env://{provider.name.upper().replace('-', '_')}_API_KEY",
            )


def _remote_ollama(stack: Stack) -> Iterator[Diagnostic]:
    for model in stack.locals:
        if model.engine != "ollama":
            continue
        away = [one.host for one in model.instances if any(host != one.host for host in stack.gateway.hosts)]
        if away:
            yield Diagnostic(
                "DRM506",
                model.at,
                f"the gateway would reach Ollama on '{away[0]}' over the network, and Ollama knows no key",
                "not on the gateway's host",
                "run the model with vLLM, or pin it to the gateway's host with `host:`",
                on_key=True,
            )
