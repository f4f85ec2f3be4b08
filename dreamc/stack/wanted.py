"""`models:` to what each model asks of a card: its engine, its shape, its context and how many use it at once."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.hub.config import from_config
from dreamc.hub.known import shape_of
from dreamc.hub.pins import ModelPin
from dreamc.hub.shape import ModelShape, Unmodelled
from dreamc.knowledge import shapes
from dreamc.knowledge.ollama import cloud_tag, is_cloud_tag, nearest_ollama_tags, ollama_model
from dreamc.sizing.ollama import GgufFacts, facts_of
from dreamc.sizing.units import gib
from dreamc.spec.dream import Dream
from dreamc.spec.models import Model
from dreamc.stack.inputs import Inputs

Engine = Literal["vllm", "ollama"]
FLOOR = 4096
"""Least context, in tokens, that a model without a stated one must serve: what Ollama gives on small cards."""


class Wanted(Struct, frozen=True):
    """One enabled model. Exactly one of `shape` (vLLM) and `facts` (Ollama) is set; tokens throughout. `pin` is its
    row of the lock file."""

    name: str
    spec: Model
    engine: Engine
    source: str
    revision: str | None
    shape: ModelShape | None
    facts: GgufFacts | None
    limit: int
    floor: int
    ceiling: int
    abilities: tuple[str, ...]
    at: Path
    pin: ModelPin | None = None

    @property
    def asked(self) -> tuple[object, ...]:
        """All that sizing depends on: models that agree in it take the same memory on the same card."""
        spec = self.spec
        formats = (spec.dtype, spec.quantization, spec.kv_cache_dtype, spec.task, spec.weights, spec.offload)
        args = tuple((name, str(value)) for name, value in spec.engine_args.items())
        return (self.engine, self.source, spec.config, self.floor, self.ceiling, spec.concurrency, formats, args)


class CloudOnly(Struct, frozen=True):
    """A model that exists only on a provider's servers, asked of a local engine."""

    name: str
    tag: str
    at: Path


def wanted(dream: Dream, inputs: Inputs) -> tuple[tuple[Wanted, ...], tuple[CloudOnly, ...], tuple[Diagnostic, ...]]:
    """Every enabled model that is understood; those that cannot run here; and what is wrong with the rest."""
    found: list[Wanted] = []
    remote: list[CloudOnly] = []
    findings: list[Diagnostic] = []
    for name, spec in dream.models.items():
        if not spec.enabled:
            continue
        one = (_ollama if origin(spec.source)[0] == "ollama" else _vllm)(name, spec, inputs)
        match one:
            case Wanted():
                one = _pinned(one, inputs)
                found.append(one)
                findings.extend(_context(one))
            case CloudOnly():
                remote.append(one)
            case _:
                findings.append(one)
    return tuple(found), tuple(remote), tuple(findings)


def origin(source: str) -> tuple[Engine, str, str | None]:
    """Engine, name and revision of `hf:ORG/REPO@REVISION` or `ollama:TAG`."""
    scheme, _, name = source.partition(":")
    if scheme == "ollama":
        return "ollama", name, None
    repo, _, revision = name.partition("@")
    return "vllm", repo, revision or None


def _pinned(one: Wanted, inputs: Inputs) -> Wanted:
    pin = inputs.lock.models.get(one.spec.source) if inputs.lock else None
    return one if pin is None else replace(one, pin=pin, revision=pin.revision or one.revision)


def _ollama(name: str, spec: Model, inputs: Inputs) -> Wanted | CloudOnly | Diagnostic:
    _, tag, _ = origin(spec.source)
    at: Path = ("models", name)
    if is_cloud_tag(tag) or cloud_tag(tag) is not None:
        return CloudOnly(name, tag, at)
    if spec.engine == "vllm":
        return _mismatch(
            (*at, "engine"), "vLLM does not serve Ollama tags", "name a Hugging Face repository: source: hf:ORG/REPO"
        )
    known = ollama_model(tag)
    if known is not None and "embed" in known.abilities and spec.task != "embed":
        return _mismatch((*at, "task"), f"'{tag}' turns text into vectors and cannot chat", "write task: embed")
    shape = _own_shape(spec, inputs)
    size = spec.weights or _locked(spec, inputs).loaded or (facts_of(known).file_bytes if known else None)
    if isinstance(shape, ModelShape) and size:
        return _asked(name, spec, _facts(shape, size), shape.max_len, known.abilities if known else ())
    if known is not None and size:
        return _asked(name, spec, replace(facts_of(known), file_bytes=size), known.context, known.abilities)
    close = nearest_ollama_tags(tag, 3)
    return Diagnostic(
        "DRM612",
        (*at, "source"),
        f"the tables do not know the Ollama tag '{tag}'",
        "its size is needed to know whether it fits",
        (f"did you mean {' or '.join(close)}? " if close else "")
        + ("Or add" if close else "add")
        + " `weights:` (size of the GGUF file) and `config:` (its base model's config.json)",
    )


def _vllm(name: str, spec: Model, inputs: Inputs) -> Wanted | Diagnostic:
    at: Path = ("models", name)
    _, repo, _ = origin(spec.source)
    shape = _own_shape(spec, inputs) or shape_of(repo)
    if spec.engine == "ollama":
        return _mismatch(
            (*at, "engine"), "Ollama does not serve Hugging Face checkpoints", "name an Ollama tag: source: ollama:TAG"
        )
    if isinstance(shape, ModelShape):
        if shape.encoder and spec.task != "embed":
            return _mismatch((*at, "task"), f"'{repo}' turns text into vectors and cannot chat", "write task: embed")
        return _asked(name, spec, shape, shape.max_len, ())
    if isinstance(shape, Unmodelled):
        return Diagnostic(
            "DRM305",
            (*at, "source"),
            f"the memory of '{repo}' is not modelled: {shape.reason}{_weights(spec, inputs)}",
            "cannot be sized",
            "a guess could run out of memory at night; choose a model that is modelled, or set enabled: false",
        )
    close = shapes.nearest(repo, 3)
    return Diagnostic(
        "DRM611",
        (*at, "source"),
        f"the tables do not know the model '{repo}'",
        "its shape is needed to know whether it fits",
        (f"did you mean {' or '.join(close)}? " if close else "")
        + ("Or run" if close else "run")
        + " `dreamc lock`, which fetches it; or put its config.json beside this file and name it in `config:`",
    )


def _own_shape(spec: Model, inputs: Inputs) -> ModelShape | Unmodelled | None:
    """The shape in the config.json that the model names, else in the one that is locked."""
    config = inputs.configs.get(spec.config) if spec.config else _locked(spec, inputs).config
    return from_config(config) if config else None


def _locked(spec: Model, inputs: Inputs) -> ModelPin:
    """The model's row of the lock file; one that pins nothing where there is none."""
    return (inputs.lock.models.get(spec.source) if inputs.lock else None) or ModelPin(0, ())


def _weights(spec: Model, inputs: Inputs) -> str:
    """What the headers say of a model whose cache nobody knows."""
    near = inputs.headers.get(spec.config or "")
    size = near.size if near else sum(_locked(spec, inputs).tensors.values())
    return f" (its weights alone take {gib(size)}, by their headers)" if size else ""


def _facts(shape: ModelShape, weights: int) -> GgufFacts:
    first = shape.layers[0]
    return GgufFacts(
        weights, len(shape.layers), first.kv_heads, first.k_dim, first.v_dim, shape.hidden, shape.vocab, shape.max_len
    )


def _asked(name: str, spec: Model, what: ModelShape | GgufFacts, limit: int, known: tuple[str, ...]) -> Wanted:
    shape, facts = (what, None) if isinstance(what, ModelShape) else (None, what)
    engine, source, revision = origin(spec.source)
    floor = spec.context.floor if spec.context else min(FLOOR, limit)
    ceiling = spec.context.ceiling if spec.context else (limit if shape else floor)
    return Wanted(
        name=name,
        spec=spec,
        engine=engine,
        source=source,
        revision=revision,
        shape=shape,
        facts=facts,
        limit=limit,
        floor=floor,
        ceiling=min(ceiling, limit) if floor <= limit else ceiling,
        abilities=spec.abilities if spec.abilities is not None else known,
        at=("models", name),
    )


def _context(one: Wanted) -> tuple[Diagnostic, ...]:
    if one.floor <= one.limit:
        return ()
    message = f"'{one.name}' is asked for {one.floor:,} tokens, but {one.source} reads {one.limit:,}"
    return (
        Diagnostic(
            "DRM304",
            (*one.at, "context"),
            message,
            "longer than the model's own window",
            f"write context: {one.limit} or less",
        ),
    )


def _mismatch(at: Path, message: str, remedy: str) -> Diagnostic:
    return Diagnostic("DRM209", at, message, "does not go with the source", remedy)
