"""Which image each name stands for: the file's version, else the table's, with the digest that is locked."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.hub.pins import ImagePin, Lock
from dreamc.knowledge.images import image, image_names
from dreamc.knowledge.services import service
from dreamc.spec.dream import Dream


def images(dream: Dream, lock: Lock | None) -> tuple[tuple[str, str], ...]:
    """Every image by name, as `repository:tag`, `repository@sha256:…` or both."""
    return tuple((name, _locked(dream, given, lock)) for name, given in _named(dream))


def references(dream: Dream) -> dict[str, str]:
    """Every image by name as hosts pull it, without the digest that is locked: the keys of the lock file."""
    return {name: behind(dream.images.registry, given) for name, given in _named(dream)}


def image_pins(dream: Dream, lock: Lock | None) -> tuple[ImagePin, ...]:
    """The rows of the lock file that are for images of this file, sorted by reference."""
    wanted = sorted(set(references(dream).values()))
    return tuple(pin for name in wanted if lock is not None and (pin := lock.image(name)) is not None)


def running(dream: Dream) -> frozenset[str]:
    """Names of the images that the file has a use for."""
    tables = [known for name, _ in dream.services.given() if (known := service(name))]
    tables += [known for known in (service("redis"),) if known and dream.gateway.redis is not None]
    sources = [one.source for one in dream.models.values() if one.enabled]
    local = {"ollama" if one.startswith("ollama:") else "vllm" for one in sources}
    own = {"litellm", *local, *(("socat",) if local else ())}
    return frozenset({*own, *(one.image for one in tables), *(one.image_gpu for one in tables)} - {""})


def behind(registry: str | None, given: str) -> str:
    """The image as a private registry names its copy: the public registry's host gives way, the path stays."""
    if registry is None:
        return given
    first, slash, rest = given.partition("/")
    public = slash and ("." in first or ":" in first)
    return f"{registry.rstrip('/')}/{rest if public else given}"


def _named(dream: Dream) -> Iterator[tuple[str, str]]:
    pins = dict(dream.images.pins())
    for name in image_names():
        table = image(name)
        assert table is not None
        pin = pins.get(name)
        if pin is None:
            yield name, table.reference
        elif pin.startswith("sha256:"):
            yield name, f"{table.repository}@{pin}"
        else:
            yield name, f"{table.repository}:{_tag(table.tag, pin)}"


def _locked(dream: Dream, given: str, lock: Lock | None) -> str:
    pin = lock.image(behind(dream.images.registry, given)) if lock else None
    return f"{given}@{pin.digest}" if pin and "@" not in given else given


def _tag(usual: str, pin: str) -> str:
    """The pin as the image's tags are written: some begin with a `v`, which nobody has to write."""
    return f"v{pin}" if usual.startswith("v") and pin[:1].isdigit() else pin
