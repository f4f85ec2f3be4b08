"""Who reaches whom: addresses of model servers and gateways, relays of local mode, and the networks of each mode."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.stack.locals import OLLAMA_PORT, dns_label
from dreamc.stack.types import Instance, Mode, Stack
from dreamc.workloads.types import Network

VLLM_PORT = 8000
GATEWAY_PORT = 4000
GATEWAY_ALIAS = "gateway"


class Target(Struct, frozen=True):
    """A server on another host, as `service` of this one relays to it."""

    service: str
    address: str
    port: int


def outward(mode: Mode) -> Network:
    """The network on which ports are published: in local mode nothing leaves it."""
    return "sealed" if mode == "local" else "edge"


def gateway_service(number: int) -> str:
    """Service name of the gateway's replica `number`, from 0."""
    return f"litellm-{number}" if number else "litellm"


def published(stack: Stack, instance: Instance) -> bool:
    """Whether a gateway on another host asks this server, which then needs a port on its host and a key."""
    return any(host != instance.host for host in stack.gateway.hosts)


def serves(stack: Stack, mode: Mode) -> tuple[str, ...]:
    """Names of the local models that run in a mode; none in cloud mode."""
    return () if mode == "cloud" else tuple(local.name for local in stack.locals)


def addresses(stack: Stack) -> dict[str, str]:
    """The address of every host as it stands before a port: IPv6 in brackets."""
    return {host.name: bracketed(host.address) for host in stack.hosts}


def model_address(known: Mapping[str, str], instance: Instance, engine: str, host: str, mode: Mode) -> str:
    """`name:port` at which the gateway on `host` reaches a model server; `known` are the `addresses`."""
    if instance.host == host:
        return f"{instance.service}:{OLLAMA_PORT if engine == 'ollama' else VLLM_PORT}"
    if mode == "local":
        return f"{relay_service(instance)}:{instance.port}"
    return f"{known[instance.host]}:{instance.port}"


def relay_service(instance: Instance) -> str:
    """Service name of the relay through which a gateway in local mode reaches a server on another host."""
    return dns_label(f"relay-{instance.host}-{instance.service}")


def relay_targets(stack: Stack, host: str) -> tuple[Target, ...]:
    """Everything on other hosts that the gateway of this host asks, each server once."""
    if host not in stack.gateway.hosts:
        return ()
    known = {one.name: one.address for one in stack.hosts}
    far = (instance for local in stack.locals for instance in local.instances if instance.host != host)
    targets = (Target(relay_service(one), known[one.host], one.port) for one in far)
    return tuple(dict.fromkeys(targets))


def gateway_url(stack: Stack, host: str) -> str:
    """OpenAI base URL of the gateway as services of `host` see it."""
    if host in stack.gateway.hosts:
        return f"http://{GATEWAY_ALIAS}:{GATEWAY_PORT}/v1"
    return f"http://{_address(stack, stack.gateway.hosts[0])}:{stack.gateway.port}/v1"


def _address(stack: Stack, host: str) -> str:
    return next(bracketed(known.address) for known in stack.hosts if known.name == host)


def bracketed(address: str) -> str:
    """An address as it stands before a port."""
    return f"[{address}]" if ":" in address else address
