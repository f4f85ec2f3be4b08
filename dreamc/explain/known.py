"""Rows of the knowledge tables as origins: what they say, where that was seen, on which day."""

from __future__ import annotations

from dreamc.explain.types import Origin, Scene
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.knowledge.gpus import gpu
from dreamc.knowledge.images import image, vllm_image
from dreamc.knowledge.ollama import cloud_tag, ollama_model
from dreamc.knowledge.prices import cloud_model
from dreamc.knowledge.providers import provider
from dreamc.knowledge.services import service
from dreamc.stack.types import Card, Cloud, Local, Provider

Rows = tuple[Origin, ...]


def gpu_row(card: Card) -> Rows:
    """What the table says of a card."""
    row = gpu(card.name)
    if row is None:
        return ()
    shown = f"{row.memory_gib:g} GiB on the label, CUDA shows {row.visible_gib:g} GiB"
    text = f"{row.title}: {shown}, capability {_dots(row.capability)}"
    seen = f"{row.source}; seen in {row.seen}" if row.seen else row.source
    return (Origin("table", f"gpus: {row.name}", text, seen, row.checked, row.confidence),)


def image_row(scene: Scene, name: str) -> Rows:
    """The pinned version of an image."""
    row = vllm_image(scene.stack.vllm) if name == "vllm" else image(name)
    if row is None:
        return ()
    note = f" ({row.note})" if row.note else ""
    return (Origin("table", f"images: {row.name}", f"{row.reference}{note}", row.source, row.checked, row.confidence),)


def service_row(name: str, what: str) -> Rows:
    """A service beside the models."""
    row = service(name)
    return (Origin("table", f"services: {name}", what, row.source, row.checked),) if row else ()


def provider_row(account: Provider) -> Rows:
    """What a provider speaks, and where."""
    row = provider(account.kind)
    if row is None:
        return ()
    where = f"address {row.base_url or 'given by the file'}, domain {row.domain or 'of the address'}"
    text = f"{row.title}: LiteLLM prefix {row.prefix}, {where}"
    return (Origin("table", f"providers: {row.kind}", text, row.source, row.checked),)


def cloud_row(scene: Scene, cloud: Cloud) -> Rows:
    """Price, window and abilities of a cloud model."""
    kind = next(one.kind for one in scene.stack.providers if one.name == cloud.provider)
    row = cloud_model(kind, cloud.id)
    if row is None:
        return _tag_row(cloud)
    price = f"{row.price.input} in, {row.price.output} out, USD per million tokens" if row.price else "no public price"
    text = f"{row.id}: {price}; window {row.context or 'unknown'}; {', '.join(row.abilities) or 'no further abilities'}"
    return (Origin("table", f"prices: {kind} {row.id}", text, row.source, row.checked),)


def _tag_row(cloud: Cloud) -> Rows:
    row = cloud_tag(cloud.id)
    if row is None:
        return ()
    text = f"{row.tag}: window {row.context}; {', '.join(row.abilities)}"
    return (Origin("table", f"ollama: {row.tag}", text, row.source, row.checked),)


def model_row(local: Local) -> Rows:
    """The shape of a local model: its config.json, or the header of its GGUF file."""
    return _ollama_row(local) if local.engine == "ollama" else _shape_row(local)


def _ollama_row(local: Local) -> Rows:
    row = ollama_model(local.source.removeprefix("ollama:"))
    if row is None:
        return ()
    text = (
        f"{row.tag}: {row.file_bytes:,} bytes ({row.quantization}), {row.layers} layers, {row.kv_heads} KV heads of "
        f"{row.key_length}, window {row.context:,}"
    )
    return (Origin("table", f"ollama: {row.tag}", text, row.source, row.checked, row.confidence),)


def _shape_row(local: Local) -> Rows:
    if local.files:
        text = f"{local.source} at {local.revision}: its config.json and {len(local.files)} files, by digest"
        return (Origin("table", "dream.lock.yaml: models", text),)
    row, shape = shapes.find(local.source), shape_of(local.source)
    if row is None or not isinstance(shape, ModelShape):
        return ()
    heads = f"{len(shape.layers)} layers, {shape.kv_heads} KV heads of {shape.head_dim}"
    text = f"config.json: {heads}, window {shape.max_len:,}"
    return (Origin("table", f"shapes: {row.repo}", text, row.source, row.checked),)


def _dots(pair: tuple[int, int]) -> str:
    return f"{pair[0]}.{pair[1]}"
