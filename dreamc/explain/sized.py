"""Numbers that were computed: the formula, its inputs with how sure they are, and what was traded."""

from __future__ import annotations

from dreamc.explain.cast import cards
from dreamc.explain.known import gpu_row, model_row
from dreamc.explain.types import Input, Scene, Told
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import GIB, MIB, Figure, Fit
from dreamc.stack.types import Instance, Local

Rows = tuple[Input, ...]


def context(scene: Scene, local: Local) -> Told:
    """The window of a local model."""
    size = local.size
    if isinstance(size, OllamaClaim):
        formula = f"the longest of the range whose {local.concurrency} x context tokens of KV cache fit beside the rest"
        return _told(scene, local, "context in tokens, as long as the card allows", formula, "context", "concurrency")
    formula = (
        "largest multiple of 256 in the range at which every request in flight may be of full length: "
        f"{local.concurrency} x ceil(len / {size.block_size or 1}) blocks <= {size.num_blocks} blocks of KV cache"
    )
    more = (
        Input("KV cache per token", f"{size.kv_bytes_per_token:,} bytes", "exact", "from config.json"),
        Input("full requests at once", f"{size.full_requests:.1f}"),
    )
    told = _told(scene, local, "longest prompt and answer together, in tokens", formula, "context", "concurrency")
    return _with(told, more)


def kv_cache(scene: Scene, local: Local) -> Told:
    """Bytes of KV cache that vLLM is told to take."""
    size = local.size
    assert isinstance(size, Fit)
    formula = (
        "ceil(card x share) - (weights + rope + activation + buffers + graphs + non_torch) - margin, in blocks of "
        f"{size.kv_cache_bytes // max(size.num_blocks, 1):,} bytes: {size.num_blocks:,} blocks, {size.tokens:,} tokens"
    )
    why = "bytes of KV cache per card, pinned so that tokens and concurrency are exact instead of profiled"
    return _with(_told(scene, local, why, formula, "context", "concurrency"), (Input("share", size.utilization),))


def utilization(scene: Scene, local: Local) -> Told:
    """The share of the card that vLLM may take."""
    size = local.size
    assert isinstance(size, Fit)
    formula = "thousandths, rounded down: (budget - CUDA context) / card; budget = card - desktop - what others take"
    own = (Input("claim, CUDA context included", _gib(size.claim)), *_others(scene, local))
    why = "share of the card that this server may take; vLLM checks it at start even where the KV cache is pinned"
    return _with(_told(scene, local, why, formula), own)


def sequences(scene: Scene, local: Local) -> Told:
    """How many requests may be in flight."""
    formula = "what `concurrency` says, else a start value by the card's size, lowered where memory is short"
    return _told(scene, local, "requests in flight at once", formula, "concurrency")


def batched(scene: Scene, local: Local) -> Told:
    """Tokens per scheduler step."""
    formula = "a start value by the card's size, lowered step by step where activation leaves too little KV cache"
    return _told(scene, local, "tokens computed in one step", formula)


def claim(scene: Scene, local: Local, why: str) -> Told:
    """Everything that a model takes on each of its cards."""
    return _told(scene, local, why, "the sum of the figures below", "context", "concurrency")


def figure(_scene: Scene, local: Local, name: str, why: str) -> Told:
    """One figure of the size alone."""
    inputs = tuple(_input(one) for one in local.size.figures if one.name == name)
    return Told(why, ((*local.at, "source"),), model_row(local), "", inputs)


def cards_of(scene: Scene, instance: Instance) -> Rows:
    """Each kind of card under a server."""
    found = {card.label: card for card in cards(scene, instance)}
    return tuple(
        Input(f"card {label}", _gib(card.total), card.confidence, "gpus table or `memory` in the file")
        for label, card in found.items()
    )


def _told(scene: Scene, local: Local, why: str, formula: str, *keys: str) -> Told:
    instance = local.instances[0]
    rows = tuple(dict.fromkeys(row for card in cards(scene, instance) for row in gpu_row(card)))
    return Told(
        why=why,
        paths=(*((*local.at, key) for key in keys), (*local.at, "source"), ("hardware", instance.host, "gpus")),
        origins=(*rows, *model_row(local)),
        formula=formula,
        inputs=(*cards_of(scene, instance), *(_input(one) for one in local.size.figures)),
        notes=tuple(f"traded: {one}" for one in local.size.trades) if isinstance(local.size, Fit) else (),
    )


def _with(told: Told, more: Rows) -> Told:
    return Told(told.why, told.paths, told.origins, told.formula, (*told.inputs, *more), told.notes)


def _others(scene: Scene, local: Local) -> Rows:
    """What else lies on the first card of the model."""
    first = local.instances[0]
    books = (one for one in scene.stack.ledgers if one.host == first.host and one.card.index in first.gpus[:1])
    return tuple(
        Input(f"beside it: {entry.name}", _gib(entry.bytes), entry.confidence)
        for one in books
        for entry in one.ledger.entries
        if entry.name.partition(" #")[0] != local.name
    )


def _input(one: Figure) -> Input:
    return Input(one.name, _gib(one.bytes), one.confidence, one.source)


def _gib(size: int) -> str:
    return f"{size / GIB:.3f} GiB" if size >= GIB else f"{size / MIB:.1f} MiB"
