"""What `dreamc lock` asks for, and how the answers join what is locked already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import click
from msgspec import Struct

from dreamc.errors import DreamError
from dreamc.hub.pins import ImagePin, Lock, ModelPin
from dreamc.hub.web import Internet
from dreamc.knowledge.nearest import nearest
from dreamc.knowledge.ollama import cloud_tag, is_cloud_tag
from dreamc.spec import Dream
from dreamc.stack.image_names import references, running
from dreamc.stack.wanted import origin

Part = Literal["models", "images", "placement"]


class Wish(Struct, frozen=True):
    """One row to ask for: its key in the lock file, and the names by which the user may ask for it."""

    part: Part
    key: str
    names: tuple[str, ...]


def wishes(dream: Dream, names: tuple[str, ...], parts: tuple[Part, ...]) -> tuple[Wish, ...]:
    """Everything in these parts that the file uses, or of it what is named."""
    every = tuple(one for one in (*_models(dream), *_images(dream)) if one.part in parts)
    known = {name for one in every for name in one.names}
    for name in names:
        if name not in known:
            close = nearest(name, tuple(sorted(known)), 1)
            hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(sorted(known)[:12])}"
            raise click.UsageError(f"nothing to lock is called '{name}'; {hint}")
    return tuple(one for one in every if not names or set(names) & set(one.names))


def fetched(asked: tuple[Wish, ...], net: Internet, failed: list[DreamError]) -> Lock:
    """The rows, one after another; what could not be had is added to `failed`."""
    models: dict[str, ModelPin] = {}
    images: dict[str, ImagePin] = {}
    for one in asked:
        try:
            if one.part == "models":
                models[one.key] = _model(net, one.key)
            else:
                images[one.key] = _image(net, one.key)
        except DreamError as error:
            failed.append(error)
    return Lock(models, images)


def merged(old: Lock, new: Lock, dream: Dream, prune: bool) -> Lock:
    """New rows over old ones; with `prune` without those that nothing uses."""
    models: Mapping[str, ModelPin] = {**old.models, **new.models}
    images: Mapping[str, ImagePin] = {**old.images, **new.images}
    if prune:
        sources, used = {one.source for one in dream.models.values()}, set(references(dream).values())
        models = {key: pin for key, pin in models.items() if key in sources}
        images = {key: pin for key, pin in images.items() if key in used}
    placement = {**old.placement, **new.placement}
    kept = {name: seats for name, seats in placement.items() if name in dream.models or not prune}
    return Lock(models, images, kept)


def _models(dream: Dream) -> tuple[Wish, ...]:
    """A row per source; several models may have the same. What runs on a provider's servers has no files."""
    found: dict[str, list[str]] = {}
    for name, spec in dream.models.items():
        engine, source, _ = origin(spec.source)
        remote = engine == "ollama" and (is_cloud_tag(source) or cloud_tag(source) is not None)
        if spec.enabled and not remote:
            found.setdefault(spec.source, []).append(name)
    return tuple(Wish("models", source, (source, *names)) for source, names in found.items())


def _images(dream: Dream) -> tuple[Wish, ...]:
    used, known = running(dream), references(dream)
    found: dict[str, list[str]] = {}
    for name in sorted(used):
        found.setdefault(known[name], []).append(name)
    return tuple(Wish("images", reference, (reference, *names)) for reference, names in found.items())


def _model(net: Internet, source: str) -> ModelPin:
    from dreamc.hub.registries import ollama_model
    from dreamc.hub.remote import hub_model

    engine, name, revision = origin(source)
    return ollama_model(net, name) if engine == "ollama" else hub_model(net, name, revision)


def _image(net: Internet, reference: str) -> ImagePin:
    from dreamc.hub.registries import image

    return image(net, reference)
