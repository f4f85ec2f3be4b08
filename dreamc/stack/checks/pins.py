"""Against the lock file: what it does not have, and where it and the tables say different things."""

from __future__ import annotations

from collections.abc import Iterator

from dreamc.diagnostics.types import Diagnostic, Path
from dreamc.hub.config import from_config
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.sizing.units import gib
from dreamc.sizing.weights import DTYPE_BYTES, rank_weights
from dreamc.spec.dream import Dream
from dreamc.spec.models import Model
from dreamc.stack.image_names import references, running
from dreamc.stack.inputs import Inputs
from dreamc.stack.types import Stack
from dreamc.stack.wanted import origin

TOLERANCE = 0.05
"""Share by which headers may differ from the arithmetic: heads for speculative decoding, for one, are not loaded."""
COMPARED = (
    "layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_dim",
    "inter",
    "vocab",
    "tied",
    "max_len",
    "dtype",
    "experts",
)
"""What of a shape decides the memory."""


def check(stack: Stack, dream: Dream, inputs: Inputs) -> Iterator[Diagnostic]:
    """Every model and image that an existing lock file does not pin; every one whose facts contradict each other.

    A lock file that only remembers places pins nothing, and is asked for nothing."""
    del stack
    locked = inputs.lock
    pins = locked is not None and bool(locked.models or locked.images or not locked.placement)
    for name, spec in dream.models.items():
        at: Path = ("models", name, "source")
        if not spec.enabled:
            continue
        if inputs.lock is not None and pins and spec.source not in inputs.lock.models:
            yield _absent(at, f"'{spec.source}' is not in the lock file")
        yield from _weights(name, spec, inputs)
        yield from _table(at, spec, inputs)
    if inputs.lock is not None and pins:
        wanted = references(dream)
        missing = sorted({wanted[name] for name in running(dream)} - set(inputs.lock.images))
        if missing:
            many = f" and {len(missing) - 1} more images are" if len(missing) > 1 else " is"
            yield _absent(("images",), f"{missing[0]}{many} not in the lock file")


def _absent(at: Path, message: str) -> Diagnostic:
    help_ = "run `dreamc lock` and commit the lock file"
    return Diagnostic("DRM619", at, message, "not pinned", help_, on_key=at == ("images",))


def _weights(name: str, spec: Model, inputs: Inputs) -> Iterator[Diagnostic]:
    """The bytes that the headers add up to, and those that the shape makes, in the checkpoint's own dtype."""
    pin = inputs.lock.models.get(spec.source) if inputs.lock else None
    near = inputs.headers.get(spec.config or "")
    stated = near.size if near else sum(pin.tensors.values()) if pin and not spec.config else 0
    config = inputs.configs.get(spec.config) if spec.config else pin.config if pin else None
    shape = from_config(config) if config and stated else None
    if not isinstance(shape, ModelShape):
        return
    worked = rank_weights(shape, width=DTYPE_BYTES[shape.dtype])
    if abs(worked - stated) > TOLERANCE * stated:
        message = f"the weights of '{name}' are {gib(stated)} by their headers, but {gib(worked)} by the config.json"
        help_ = "is it the config.json of these files? The card is sized by the config.json"
        yield Diagnostic("DRM622", ("models", name, "config" if near else "source"), message, "do not agree", help_)


def _table(at: Path, spec: Model, inputs: Inputs) -> Iterator[Diagnostic]:
    pin = inputs.lock.models.get(spec.source) if inputs.lock else None
    if pin is None or not pin.config or spec.config:
        return
    known, locked = shape_of(origin(spec.source)[1]), from_config(pin.config)
    if isinstance(known, ModelShape) and isinstance(locked, ModelShape):
        other = [name for name in COMPARED if getattr(known, name) != getattr(locked, name)]
        if other:
            message = f"the lock file and the table of shapes differ about {', '.join(other)}"
            help_ = "what is locked counts; the repository has changed, or the table is wrong"
            yield Diagnostic("DRM623", at, message, "sized by what is locked", help_)
