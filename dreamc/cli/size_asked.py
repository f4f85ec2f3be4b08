"""What `dreamc size` was asked, and its answers: one card, or the common ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from dreamc.document.quantities import TokenRange, size, token_range
from dreamc.errors import DreamError
from dreamc.hub import safetensors
from dreamc.hub.known import shape_of
from dreamc.hub.safetensors import Checkpoint, HeaderError
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.knowledge.gpus import nearest_gpus
from dreamc.knowledge.ollama import nearest_ollama_tags, ollama_model
from dreamc.knowledge.vllm import vllm_versions
from dreamc.sizing import started
from dreamc.sizing.band import Total
from dreamc.sizing.fit import fit
from dreamc.sizing.ollama import CacheType, GgufFacts, OllamaClaim, facts_of
from dreamc.sizing.ollama_fit import largest
from dreamc.sizing.started import CardFacts, Unasked
from dreamc.sizing.types import CardOption, Fit, FitRequest, Refusal, VariantOption
from dreamc.sizing.units import gib
from dreamc.sizing.weights import DTYPE_BYTES, rank_weights

COMMON = (
    "rtx-3060", "rtx-4070", "rtx-4060-ti-16gb", "rtx-5080", "l4", "rtx-3090", "rtx-4090", "rtx-5090", "a100-40gb",
    "l40s", "a100-80gb", "h100", "rtx-pro-6000", "h200", "b200",
)  # fmt: skip
"""Cards that most people can buy or rent, by memory."""
FLOOR = 2048
"""Tokens: where no context is asked for, less is not worth serving."""
GGUF_CACHES: tuple[CacheType, ...] = ("f16", "q8_0", "q4_0")


class Asked(Struct, frozen=True):
    """A model and how it is to be served. Exactly one of ``shape`` and ``facts`` is there."""

    model: str
    shape: ModelShape | None
    facts: GgufFacts | None
    context: TokenRange
    gpus: int
    concurrency: int | None
    vllm: str
    dtype: str | None
    quantization: str | None
    kv_cache_dtype: str | None


class Found(Struct, frozen=True):
    """One card's answer; ``total`` is bytes."""

    model: str
    gpu: str
    gpus: int
    total: int
    measured: bool
    fits: bool
    answer: Fit | OllamaClaim | Refusal


def asked(model: str, given: Mapping[str, Any]) -> Asked:
    """The request; what cannot be asked ends in a message."""
    shape = facts = None
    if model.startswith("ollama:"):
        facts = _ollama(model.removeprefix("ollama:"))
        longest = facts.context or FLOOR
    else:
        shape = shape_named(model)
        longest = shape.max_len
    if facts is None and given["vllm"] not in vllm_versions():
        raise click.BadParameter(f"known versions are {', '.join(vllm_versions())}", param_hint="--vllm")
    context = _context(given["context"], longest)
    rest = {name: given[name] for name in ("gpus", "concurrency", "vllm", "dtype", "quantization", "kv_cache_dtype")}
    if facts is not None and (rest["kv_cache_dtype"] or "f16") not in GGUF_CACHES:
        raise click.BadParameter(f"Ollama has {', '.join(GGUF_CACHES)}", param_hint="--kv-cache-dtype")
    return Asked(model, shape, facts, context, **rest)


def card(name: str | None, given: Mapping[str, Any]) -> CardFacts:
    """The card of the table, or the one that the options describe."""
    known = started.named(name) if name else None
    total = _bytes(given["memory"]) if given["memory"] is not None else None
    if isinstance(known, CardFacts) and given["capability"] is None:
        return known if total is None else replace(known, total=Total(total, total))
    if total is not None and given["capability"] is not None:
        return CardFacts(name or "this card", Total(total, total), _capability(given["capability"]))
    if isinstance(known, CardFacts):
        return replace(known, capability=_capability(given["capability"]))
    near = " or ".join(nearest_gpus(name)) if name else ""
    raise click.BadParameter(
        f"the table has no GPU '{name}'. " + (f"Did you mean {near}? " if near else "")
        + "Or say --memory (what CUDA reports) and --capability (such as 8.9)", param_hint="--gpu",
    )  # fmt: skip


def on(one: Asked, where: CardFacts, options: bool = True) -> Found:
    """What fits on this card."""
    answer = _gguf(one, where) if one.facts else _vllm(one, where, options=options)
    fits = not isinstance(answer, Refusal)
    return Found(one.model, where.name, one.gpus, where.total.low, where.total.measured, fits, answer)


def everywhere(one: Asked) -> tuple[Found, ...]:
    """The common cards, in order."""
    cards = (started.named(name) for name in COMMON)
    return tuple(on(one, found, options=False) for found in cards if isinstance(found, CardFacts))


def _gguf(one: Asked, where: CardFacts) -> OllamaClaim | Refusal:
    assert one.facts is not None
    kind: CacheType = next((name for name in GGUF_CACHES if name == one.kv_cache_dtype), "f16")
    return largest(
        one.facts, where.total.low, one.context.floor, one.context.ceiling, one.concurrency or 1, kind, one.gpus
    )


def _vllm(one: Asked, where: CardFacts, *, options: bool) -> Fit | Refusal:
    assert one.shape is not None
    request = FitRequest(
        shape=one.shape,
        card_total=where.total.low,
        budget=where.total.low,
        capability=where.capability,
        vllm_version=one.vllm,
        context_floor=one.context.floor,
        context_ceiling=one.context.ceiling,
        concurrency=one.concurrency,
        tp=one.gpus,
        dtype=one.dtype,
        quantization=one.quantization,
        kv_cache_dtype=one.kv_cache_dtype,
        task="embed" if one.shape.encoder else "generate",
    )
    return fit(replace(request, cards=_cards(), variants=_variants(one.model)) if options else request)


def _cards() -> tuple[CardOption, ...]:
    known = (started.named(name) for name in COMMON)
    return tuple(CardOption(one.name, one.total.low, one.capability) for one in known if isinstance(one, CardFacts))


def _variants(repo: str) -> tuple[VariantOption, ...]:
    known = ((name, shape_of(name)) for name in shapes.variants(repo))
    return tuple(VariantOption(name, shape) for name, shape in known if isinstance(shape, ModelShape))


def _ollama(tag: str) -> GgufFacts:
    known = ollama_model(tag)
    if known is None:
        near = nearest_ollama_tags(tag)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise click.BadParameter(f"the table has no Ollama tag '{tag}'{hint}", param_hint="MODEL")
    return facts_of(known)


def shape_named(model: str) -> ModelShape:
    """A repository of the table, or the path of a config.json."""
    path = Path(model)
    path = path / "config.json" if path.is_dir() else path
    is_file = path.is_file() or path.suffix == ".json"
    repo = model.removeprefix("hf:").partition("@")[0]
    found = started.model(None, _config(path)) if is_file else started.model(repo, None)
    if isinstance(found, Unasked):
        reason = found.reason.replace('its "config"', "the path of its config.json")
        near = headers(model)
        raise DreamError(reason, f"its weights take {gib(near.size)} by their headers" if near else "")
    return found


def compared(one: Asked) -> str:
    """What the headers in the directory say beside what the config.json makes, in the checkpoint's own dtype."""
    near = headers(one.model) if one.shape else None
    if near is None or one.shape is None:
        return ""
    worked = rank_weights(one.shape, width=DTYPE_BYTES[one.shape.dtype])
    kinds = ", ".join(near.by_dtype)
    return f"headers of {len(near.files)} file(s): {near.size:,} bytes in {kinds}; the config.json makes {worked:,}"


def headers(model: str) -> Checkpoint | None:
    """What the safetensors files in the directory that was named say of the weights; None where there are none."""
    path = Path(model)
    try:
        return safetensors.folder(path) if path.is_dir() else None
    except HeaderError as error:
        raise DreamError(f"{path}/{error}", "", "fetch the file again, or name the config.json alone") from None


def _config(path: Path) -> dict[str, object]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise DreamError(f"{path} is not a config.json: {error}") from None


def _context(text: str | None, longest: int) -> TokenRange:
    if text is None:
        return TokenRange(min(FLOOR, longest), longest)
    try:
        return token_range(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is not tokens such as 8k or 8k..32k", param_hint="--context") from None


def _bytes(text: str) -> int:
    try:
        found = size(text)
    except ValueError:
        found = 0
    if found < 1:
        raise click.BadParameter(f"'{text}' is not a size such as '23.5 GiB'", param_hint="--memory")
    return found


def _capability(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})\.(\d)", text)
    if found is None:
        raise click.BadParameter(f"'{text}' is not one such as 8.9", param_hint="--capability")
    return int(found[1]), int(found[2])
