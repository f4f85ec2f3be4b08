"""What sizing must know of a model: its layers, their caches, its experts and how its weights are stored."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

LayerKind = Literal["full", "sliding", "chunked", "mla", "linear", "none"]
QuantMethod = Literal["none", "awq", "gptq", "fp8", "fp8_block", "w4a16", "w8a8", "mxfp4", "bitsandbytes"]


class LinearState(Struct, frozen=True):
    """Gated delta net: heads and dimensions, convolution width, bytes per number of its recurrent state."""

    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    kernel: int
    state_width: int = 2


class LayerKV(Struct, frozen=True):
    """One layer's cache. ``window`` counts tokens, of a sliding window or of an attention chunk."""

    kind: LayerKind
    kv_heads: int = 0
    k_dim: int = 0
    v_dim: int = 0
    window: int = 0
    state: LinearState | None = None


class Mla(Struct, frozen=True):
    """Latent attention: ranks and head dimensions. ``q_rank`` 0 means a direct query projection."""

    kv_rank: int
    q_rank: int
    nope: int
    rope: int
    value: int


class Experts(Struct, frozen=True):
    """Routed experts: ``layers`` are the indices of the layers that have them; sizes are per expert."""

    count: int
    chosen: int
    inter: int
    layers: frozenset[int]
    shared_inter: int = 0
    shared_gate: bool = False
    router_bias: bool = False
    score_bias: bool = False
    bias: bool = False


class Quant(Struct, frozen=True):
    """How linear layers are stored. ``group`` 0 is one scale per tensor, -1 one per output channel.

    ``tile`` is what the kernels of mxfp4 experts pad the hidden and the experts' width to.
    """

    method: QuantMethod = "none"
    bits: int = 16
    group: int = 0
    desc_act: bool = False
    zero_point: bool = True
    activation_bits: int = 16
    dynamic: bool = True
    kv_cache: str = ""
    declared: str = ""
    skipped: tuple[str, ...] = ()
    tile: tuple[int, int] = (256, 128)


class Rope(Struct, frozen=True):
    """Rotary cache: rows, columns, and how many distinct caches a model keeps. ``kind`` as in config.json."""

    rows: int
    dim: int
    caches: int = 1
    kind: str = "default"


class ModelShape(Struct, frozen=True):
    """A model as memory sees it. Counts are those of the whole model, before any parallelism.

    ``side_tables`` are rows of an encoder's further embeddings (positions, token types).
    """

    arch: str
    model_type: str
    layers: tuple[LayerKV, ...]
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    inter: int
    vocab: int
    tied: bool
    max_len: int
    rope: Rope
    dtype: str
    experts: Experts | None
    mla: Mla | None
    quant: Quant
    qkv_bias: bool = False
    o_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    sinks: bool = False
    gated_query: bool = False
    norms_per_layer: int = 2
    norm_bias: bool = False
    encoder: bool = False
    side_tables: tuple[int, ...] = ()
    fp16_ok: bool = True
    vision_parameters: int = 0


class Unmodelled(Struct, frozen=True):
    """A model this version does not size, and why. Nothing is guessed for it."""

    reason: str
