"""release.json: the facts of a bundle that a host, the provisioner and the supply of models act on."""

from __future__ import annotations

from collections.abc import Mapping

import dreamc
from dreamc.artifact.release import (
    VERSION,
    Alias,
    Card,
    Directory,
    Image,
    ModeFacts,
    ModelFile,
    Needs,
    Part,
    Release,
    Secret,
    Service,
    Weights,
    release_artifact,
)
from dreamc.artifact.types import Artifact
from dreamc.backends.compose import definitions, project_name
from dreamc.backends.host_script import alias_kind, patience, published_url
from dreamc.backends.litellm.ids import deployment_ids
from dreamc.backends.rehearsal import expected_month
from dreamc.cost.worst import caps_under
from dreamc.knowledge.images import image, image_names, vllm_image
from dreamc.stack.types import MODES, Local, Mode, ModeRoutes, Stack
from dreamc.workloads import Plan, directories, plan
from dreamc.workloads.images import reference
from dreamc.workloads.paths import hub_folder, ollama_manifest, weights
from dreamc.workloads.reach import gateway_service, serves
from dreamc.workloads.secrets import wanted
from dreamc.workloads.types import Workload


def emit(stack: Stack, host: str, made: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """The file; `made` are the host's other files, whose digests the services carry."""
    return (release_artifact(release(stack, host, made)),)


def release(stack: Stack, host: str, made: tuple[Artifact, ...]) -> Release:
    """Everything that is to be known of a host's bundle."""
    planned = plan(stack, host)
    labels = definitions(planned, made)
    is_gateway = host in stack.gateway.hosts
    others = {one.host for local in stack.locals for one in local.instances if one.host != host} if is_gateway else ()
    kept = f"{stack.root}/data"
    return Release(
        version=VERSION,
        tool=f"dreamc {dreamc.__version__}",
        stack=stack.name,
        host=host,
        project=project_name(stack),
        root=stack.root,
        input_sha256=stack.input_sha256,
        default_mode=stack.mode,
        modes=tuple(_mode(stack, host, name, planned, labels) for name in MODES),
        directories=tuple(
            Directory(one.path, one.mode, one.uid, one.gid, one.path.startswith(f"{kept}/"))
            for one in directories(planned)
        ),
        gateway=gateway_service(0) if is_gateway else "",
        gateway_url=published_url(stack, host),
        after=tuple(sorted(others)),
    )


def _mode(stack: Stack, host: str, name: Mode, planned: Plan, labels: Mapping[Mode, Mapping[str, str]]) -> ModeFacts:
    if name not in planned:
        why = next((skipped.reason for skipped in stack.skipped if skipped.mode == name), "not compiled")
        return ModeFacts(name, " ".join(why.split()))
    found = planned[name]
    routes = next(routes for routes in stack.modes if routes.mode == name)
    return ModeFacts(
        mode=name,
        services=tuple(_service(one, labels[name][one.service]) for one in found),
        images=_images(stack, found),
        weights=_weights(stack, host) if serves(stack, name) else (),
        secrets=tuple(Secret(one.variable, one.reference, one.what) for one in wanted(stack, name, found)),
        aliases=_aliases(stack, routes) if host in stack.gateway.hosts else (),
        cards=_cards(stack, host, name),
        needs=_needs(stack, host, found),
        worst_month=_worst_month(stack, name) if host in stack.gateway.hosts else 0.0,
        expected_month=expected_month(stack, name) if host in stack.gateway.hosts else None,
    )


def _service(workload: Workload, definition: str) -> Service:
    return Service(
        name=workload.service,
        image=workload.image,
        definition=definition,
        title=workload.title,
        gpus=workload.gpus,
        ports=tuple(publish.host_port for publish in workload.publish),
        secrets=tuple(sorted({use.variable for use in workload.secrets})),
        data=tuple(sorted(mount.source for mount in workload.mounts if not mount.config and not mount.read_only)),
        start=patience(workload),
        stop=workload.stop_grace,
        after=tuple(one.service for one in workload.depends_on),
    )


def _weights(stack: Stack, host: str) -> tuple[Weights, ...]:
    here = [local for local in stack.locals if any(one.host == host for one in local.instances)]
    users: dict[tuple[str, str, str | None], list[Local]] = {}
    for local in here:
        users.setdefault((local.engine, local.source, local.revision), []).append(local)
    return tuple(_files(stack, found) for found in users.values())


def _files(stack: Stack, locals_: list[Local]) -> Weights:
    first = locals_[0]
    names = tuple(local.name for local in locals_)
    files = tuple(ModelFile(one.path, one.size, one.sha256, one.sha1) for one in first.files)
    size = sum(one.size for one in files)
    if first.engine == "ollama":
        path, store = ollama_manifest(stack, first.source), weights(stack, "ollama")
        tag = first.source.removeprefix("ollama:")
        return Weights("ollama", tag, path, store, digest=first.digest or "", size=size, files=files, used_by=names)
    path, store = hub_folder(stack, first.source), weights(stack, "huggingface")
    revision = first.revision or "main"
    return Weights("hf", first.source, path, store, revision, size=size, files=files, used_by=names)


def _images(stack: Stack, found: tuple[Workload, ...]) -> tuple[Image, ...]:
    pins = {pin.reference: pin for pin in stack.image_pins}
    names = sorted({one.image for one in found})
    known = ((name, pins.get(name.partition("@")[0])) for name in names)
    return tuple(Image(name, pin.digest, pin.size) if pin else Image(name) for name, pin in known)


def _aliases(stack: Stack, routes: ModeRoutes) -> tuple[Alias, ...]:
    members, ids = stack.members(), deployment_ids(stack, routes)
    return tuple(Alias(route.alias, alias_kind(members, route), ids[route.alias]) for route in routes.routes)


def _cards(stack: Stack, host: str, mode: Mode) -> tuple[Card, ...]:
    """Full of the models where the mode runs them; else the cards alone."""
    serving = bool(serves(stack, mode))
    return tuple(
        Card(
            one.card.index,
            one.card.label,
            one.card.total,
            ".".join(map(str, one.card.capability)),
            one.card.confidence,
            tuple(Part(each.name, each.bytes, each.kind, each.confidence) for each in one.ledger.entries)
            if serving
            else (),
        )
        for one in stack.ledgers
        if one.host == host
    )


def _needs(stack: Stack, host: str, found: tuple[Workload, ...]) -> Needs:
    on_cards = [one for one in found if one.gpus]
    machine = next(one for one in stack.hosts if one.name == host)
    used = {gpu for one in on_cards for gpu in one.gpus}
    capable = [card.capability for card in machine.cards if card.index in used]
    drivers = sorted((pair for one in on_cards for pair in _driver(stack, one)), key=_number)
    return Needs(
        gpus=max((gpu + 1 for gpu in used), default=0),
        capability=".".join(map(str, min(capable))) if capable else "",
        ram=sum(one.memory for one in found),
        cuda=drivers[-1][0] if drivers else "",
        driver=drivers[-1][1] if drivers else "",
    )


def _driver(stack: Stack, workload: Workload) -> tuple[tuple[str, str], ...]:
    """CUDA and the oldest driver of a service's image, where they are known."""
    named = next((name for name in image_names() if reference(stack, name) == workload.image), "")
    known = vllm_image(stack.vllm) if named == "vllm" else image(named)
    return ((known.cuda, known.min_driver),) if known and known.min_driver else ()


def _number(pair: tuple[str, str]) -> tuple[int, ...]:
    return tuple(int(part) for part in pair[1].split("."))


def _worst_month(stack: Stack, mode: Mode) -> float | None:
    if mode == "local" or not stack.clouds:
        return 0.0
    asked = {model.provider for model in stack.clouds}
    own = ((one.budget.daily, one.budget.monthly) for one in stack.providers if one.name in asked)
    return caps_under((stack.policy.budget.daily, stack.policy.budget.monthly), own).month
