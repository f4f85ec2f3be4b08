"""What happens to each service, and why: the release's definitions against the containers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.artifact.release import ModeFacts, Service
from dreamc.provision.plan.reasons import Reasons
from dreamc.provision.plan.types import Action, SecretChange, ServiceChange
from dreamc.provision.types import Container, HostFacts

DOWN = {"exited": "it has exited with code {code}", "created": "it was never started"}
"""States that a mere start ends."""


class Before(Struct, frozen=True):
    """What the host says. `services`: those of the current release in the current mode by name, where that is known."""

    facts: HostFacts
    services: Mapping[str, Service]
    secrets: Mapping[str, SecretChange]


def services(target: ModeFacts | None, before: Before, reasons: Reasons) -> tuple[ServiceChange, ...]:
    """Services of the target in its order, then those that go. A service whose container is doubled is recreated."""
    there: dict[str, list[Container]] = {}
    for one in before.facts.containers:
        there.setdefault(one.service, []).append(one)
    wanted = target.services if target else ()
    kept = [_kept(one, tuple(there.get(one.name, ())), target, before, reasons) for one in wanted if target]
    names = {one.name for one in wanted}
    gone = [_gone(name, found, target, before) for name, found in sorted(there.items()) if name not in names]
    return (*kept, *gone)


def _kept(
    service: Service, found: tuple[Container, ...], target: ModeFacts, before: Before, reasons: Reasons
) -> ServiceChange:
    action, why, forced = _action(service, found, target, before, reasons)
    runs = any(one.state == "running" for one in found)
    stop = max(service.stop, before.services[service.name].stop if service.name in before.services else 0)
    return ServiceChange(service.name, action, why, service.title, service.gpus, runs, stop, service.start, forced)


def _action(
    service: Service, found: tuple[Container, ...], target: ModeFacts, before: Before, reasons: Reasons
) -> tuple[Action, tuple[str, ...], bool]:
    """What is done, why, and whether compose must be told to because it sees no difference."""
    if not found:
        return "create", (_absent(service, target.mode, before),), False
    if len(found) > 1:
        return "recreate", (f"{len(found)} containers of it are there",), True
    container = found[0]
    why = (*_image(service, container, target, before.facts), *_definition(service, container, reasons))
    why = (*why, *_secrets(service, before.secrets))
    if why:
        return "recreate", why, False
    if container.state != "running":
        stopped = container.state in DOWN
        word = DOWN.get(container.state, f"it is {container.state}").format(code=container.exit_code)
        return ("start" if stopped else "recreate"), (word,), not stopped
    return ("recreate", ("it is unhealthy",), True) if container.health == "unhealthy" else ("keep", (), False)


def _absent(service: Service, mode: str, before: Before) -> str:
    if service.name in before.services:
        return "its container is gone"
    return "new" if before.facts.mode in ("", mode) else f"not in {before.facts.mode} mode"


def _image(service: Service, container: Container, target: ModeFacts, facts: HostFacts) -> tuple[str, ...]:
    """Another name, or the same name for another build: by the lock's digest, else by what the host has under it."""
    if container.image != service.image:
        return (f"image {container.image} -> {service.image}",)
    pinned = next((one.digest for one in target.images if one.name == service.image), "")
    images = dict(facts.images)
    by_digest = images.get(f"{repository(service.image)}@{pinned}") if pinned else None
    wanted = by_digest or images.get(plain(service.image))
    if wanted and container.image_id and wanted != container.image_id:
        return (f"image {service.image} is another build now ({container.image_id[7:19]} -> {wanted[7:19]})",)
    return ()


def _definition(service: Service, container: Container, reasons: Reasons) -> tuple[str, ...]:
    if container.definition == service.definition:
        return ()
    said = reasons.of(service.name)
    return said if said or container.image != service.image else ("its definition changed",)


def _secrets(service: Service, changes: Mapping[str, SecretChange]) -> tuple[str, ...]:
    words = {"changed": "changed", "new": "is new", "generated": "is made up on the host"}
    found = ((name, changes[name].change) for name in service.secrets if name in changes)
    return tuple(f"secret {name} {words[change]}" for name, change in found if change in words)


def _gone(name: str, found: list[Container], target: ModeFacts | None, before: Before) -> ServiceChange:
    known = before.services.get(name)
    if target is None:
        why = "the host is no longer in the file"
    elif known and before.facts.mode != target.mode:
        why = f"not in {target.mode} mode"
    else:
        why = "no longer in the file" if known else "no service of this release has this name"
    runs = any(one.state == "running" for one in found)
    facts = (known.title, known.gpus, runs, known.stop) if known else ("", (), runs, 10)
    return ServiceChange(name, "remove", (why,), *facts)


def plain(image: str) -> str:
    """The name as Docker lists it: Docker Hub's own prefixes dropped, the tag spelt out."""
    name = image.removeprefix("docker.io/").removeprefix("library/")
    if "@" in name or ":" in name.rsplit("/", 1)[-1]:
        return name
    return f"{name}:latest"


def repository(image: str) -> str:
    """The name without tag and digest."""
    name = plain(image).split("@")[0]
    head, slash, tail = name.rpartition("/")
    return f"{head}{slash}{tail.split(':')[0]}"
