"""The validated file to a Stack: references, machines, clouds, models on cards, routes, policy.

Each step reports all it finds; the next one runs only on what the last one left whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from dreamc.diagnostics.codes import has_error
from dreamc.diagnostics.types import Diagnostic
from dreamc.document.scalars import SecretRef
from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.services import usual_port
from dreamc.knowledge.vllm import NEWEST, vllm_versions
from dreamc.spec.dream import Dream
from dreamc.spec.services import Published, WhitelistManager
from dreamc.stack.alike import alike
from dreamc.stack.claims import Claims, own_cards, slot_name
from dreamc.stack.clouds import clouds, secret
from dreamc.stack.costs import costs
from dreamc.stack.engines import engine_findings
from dreamc.stack.image_names import image_pins, images
from dreamc.stack.inputs import Inputs
from dreamc.stack.locals import locals_
from dreamc.stack.machines import machines
from dreamc.stack.mcp import offered
from dreamc.stack.placed import placed
from dreamc.stack.policy import policy
from dreamc.stack.references import references
from dreamc.stack.remembered import remembered
from dreamc.stack.remote import remote_findings
from dreamc.stack.routes import routes
from dreamc.stack.settle import Settled, settle
from dreamc.stack.types import Extra, Gateway, Host, Local, Member, Stack
from dreamc.stack.usage import Usage
from dreamc.stack.wanted import wanted

Found = tuple[Diagnostic, ...]


def lower(dream: Dream, inputs: Inputs) -> tuple[Stack | None, Found]:
    """A Stack, or None and what stands in its way."""
    findings = references(dream)
    hosts = machines(dream)
    accounts = clouds(dream)
    findings += (*hosts.findings, *accounts.findings, *_vllm_version(dream), *engine_findings(dream))
    if has_error(findings):
        return None, findings
    version = dream.images.vllm or NEWEST
    models, settled, more = _models(dream, inputs, hosts.hosts, version)
    findings += more
    if has_error(more):
        return None, findings
    everyone: tuple[Member, ...] = (*models, *accounts.models)
    members = {one.name: one for one in everyone}
    ways = routes(dream, members)
    findings += ways.findings
    if has_error(ways.findings):
        return None, findings
    services = tuple(_services(dream))
    stack = Stack(
        name=dream.name,
        mode=dream.mode,
        vllm=version,
        images=images(dream, inputs.lock),
        registry=dream.images.registry,
        root=dream.data.root,
        hosts=hosts.hosts,
        locals=models,
        clouds=accounts.models,
        providers=accounts.providers,
        modes=ways.modes,
        skipped=ways.skipped,
        policy=policy(dream, members, _gateway_redis(dream, services)),
        gateway=_gateway(dream),
        services=services,
        mcp_servers=offered(dream, services),
        ledgers=settled.ledgers,
        usage_log=dream.usage.log,
        input_sha256=inputs.input_sha256,
        image_pins=image_pins(dream, inputs.lock),
        own_checks=tuple(sorted(inputs.checks.items())),
        usage=Usage(dream.usage.rotate.size, dream.usage.rotate.age, dream.usage.keep, dream.usage.prompts),
        costs=costs(dream.costs),
    )
    return stack, findings


def _models(
    dream: Dream, inputs: Inputs, hosts: tuple[Host, ...], version: str
) -> tuple[tuple[Local, ...], Settled, Found]:
    nothing = Settled({}, (), ())
    models, remote, findings = wanted(dream, inputs)
    models = alike(models)
    grades = {slot_name(card): card.capability for host in hosts for card in host.cards}
    claims = Claims(version, grades, inputs.measured, own_cards(hosts))
    findings += remote_findings(remote, hosts, claims)
    if has_error(findings):
        return (), nothing, findings
    seats = remembered(inputs.lock.placement) if inputs.lock else ()
    assignments, refused = placed(models, hosts, claims, seats)
    findings += refused
    if has_error(findings):
        return (), nothing, findings
    settled = settle(models, assignments, hosts, claims)
    findings += settled.findings
    if has_error(findings):
        return (), nothing, findings
    return locals_(dream, models, assignments, settled.sizes), settled, findings


def _vllm_version(dream: Dream) -> Iterator[Diagnostic]:
    version = dream.images.vllm
    if version is not None and version not in vllm_versions():
        close = nearest(version, vllm_versions(), 3) or vllm_versions()[-3:]
        yield Diagnostic(
            "DRM609",
            ("images", "vllm"),
            f"vLLM {version} is not a version that dreamc knows",
            "its options and its memory are unknown",
            f"write {plain}" if (plain := version.removeprefix("v")) in close else f"known nearby: {', '.join(close)}",
        )


def _gateway(dream: Dream) -> Gateway:
    spec = dream.gateway
    reference = spec.key or SecretRef("env", "GATEWAY_KEY")
    return Gateway(
        hosts=spec.hosts or (next(iter(dream.hardware)),),
        replicas=spec.replicas,
        port=spec.port,
        bind=spec.bind,
        secret=secret(reference, "GATEWAY_KEY", "key that clients present to the gateway"),
        redis=spec.redis is not None,
    )


def _gateway_redis(dream: Dream, services: tuple[Extra, ...]) -> bool:
    """Whether a gateway has a Redis beside it."""
    hosts = _gateway(dream).hosts
    return any(one.name == "redis" and one.host in hosts for one in services)


def _services(dream: Dream) -> Iterator[Extra]:
    first = dream.gateway.hosts[0] if dream.gateway.hosts else next(iter(dream.hardware))
    if dream.gateway.redis is not None and dream.services.redis is None:
        yield Extra("redis", first, None, dream.gateway.redis.memory, (), ("gateway", "redis"))
    for name, spec in dream.services.given():
        port = (spec.port if isinstance(spec, Published) else None) or usual_port(name)
        own = spec.model_dump(exclude={"host", "memory", "port"}, exclude_none=True)
        extra = Extra(name, spec.host or first, port, spec.memory, tuple(own.items()), ("services", name))
        yield extra
        if isinstance(spec, WhitelistManager) and spec.admin_port is not None:
            yield replace(extra, name="whitelist-admin", port=spec.admin_port, memory=None, options=())
