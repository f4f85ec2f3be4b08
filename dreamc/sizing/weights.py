"""Weight bytes of one rank, from the shape alone (vLLM 0.33.0 model_executor/models and layers)."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.hub.shape import LayerKV, LinearState, Mla, ModelShape
from dreamc.sizing.linear import PLAIN, experts, linear, quant_of

# compressed-tensors layers carry scales of the KV cache: parameters of vLLM 0.32.0's attention layer.
CACHE_SCALES = 18
DTYPE_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4}


def rank_weights(shape: ModelShape, tp: int = 1, pp: int = 1, stage: int = 0, width: int = 2) -> int:
    """Bytes of the parameters that one rank of pipeline ``stage`` holds, in a dtype of ``width`` bytes."""
    stages = stage_layers(len(shape.layers), pp)
    start = sum(stages[:stage])
    counts = _alike(shape, range(start, start + stages[stage]))
    body = sum(count * _layer(shape, index, tp, width) for index, count in counts.items())
    ends = _embedding(shape, tp, width) if stage == 0 else 0
    if stage == pp - 1:
        ends += shape.hidden * width * (0 if shape.encoder else 1)
        separate = not shape.tied or (pp > 1 and stage > 0)
        ends += _padded(shape.vocab, tp) * shape.hidden * width if separate and not shape.encoder else 0
    return body + ends + (shape.vision_parameters * width if stage == 0 else 0)


def heaviest_stage(shape: ModelShape, tp: int, pp: int, width: int = 2) -> int:
    """Bytes of the rank that holds most."""
    return max(rank_weights(shape, tp, pp, stage, width) for stage in range(pp))


def body_weights(shape: ModelShape, tp: int, width: int) -> int:
    """Bytes of a rank's decoder layers: what may stay in main memory (vLLM 0.32.0 model_executor/models/utils.py:913
    wraps the layers alone)."""
    counts = _alike(shape, range(len(shape.layers)))
    return sum(count * _layer(shape, index, tp, width) for index, count in counts.items())


def latent_copies(shape: ModelShape, tp: int) -> int:
    """Bytes of the up-projections that latent attention keeps a second time after loading, per rank.

    vLLM 0.33.0 model_executor/layers/attention/mla_attention.py: W_UK and W_UV stay in 16 bits.
    """
    latent = shape.mla
    if latent is None:
        return 0
    return len(shape.layers) * (shape.heads // tp) * latent.kv_rank * (latent.nope + latent.value) * 2


def parameters(shape: ModelShape) -> int:
    """How many parameters the model has, stored plainly on one rank."""
    return rank_weights(replace(shape, quant=PLAIN)) // 2


def stage_layers(layers: int, pp: int) -> tuple[int, ...]:
    """Layers per pipeline stage: even, the remainder to the stages before the last (distributed/utils.py:198)."""
    counts = [layers // pp] * pp
    for offset in range(layers % pp):
        counts[-(offset + 2) if pp > 1 else 0] += 1
    return tuple(counts)


def _alike(shape: ModelShape, indices: range) -> dict[int, int]:
    """Layers that weigh the same: one index of each kind, and how many there are. Each alone where some are skipped."""
    if shape.quant.skipped:
        return dict.fromkeys(indices, 1)
    first: dict[tuple[LayerKV, bool], int] = {}
    counts: dict[int, int] = {}
    for index in indices:
        routed = shape.experts is not None and index in shape.experts.layers
        found = first.setdefault((shape.layers[index], routed), index)
        counts[found] = counts.get(found, 0) + 1
    return counts


def _padded(rows: int, tp: int) -> int:
    """Embeddings are padded to 64 rows and split (layers/vocab_parallel_embedding.py:304)."""
    return -(-rows // 64) * 64 // tp


def _embedding(shape: ModelShape, tp: int, width: int) -> int:
    rows = sum(_padded(rows, tp) for rows in (shape.vocab, *shape.side_tables))
    norm = 2 if shape.encoder else 0
    return (rows + norm) * shape.hidden * width


def _layer(shape: ModelShape, index: int, tp: int, width: int) -> int:
    name = f"model.layers.{index}"
    layer = shape.layers[index]
    norms = shape.norms_per_layer * shape.hidden * (2 if shape.norm_bias else 1) * width
    norms += CACHE_SCALES if shape.quant.declared == "compressed-tensors" else 0
    return norms + _attention(shape, layer, name, tp, width) + _feed_forward(shape, index, name, tp, width)


def _attention(shape: ModelShape, layer: LayerKV, name: str, tp: int, width: int) -> int:
    if shape.mla is not None:
        return _latent(shape, shape.mla, f"{name}.self_attn", tp, width)
    if layer.state is not None:
        return _linear_attention(shape, layer.state, f"{name}.linear_attn", tp, width)
    quant, dim = quant_of(shape, f"{name}.self_attn"), shape.head_dim
    query = shape.heads // tp * dim
    kv = max(1, shape.kv_heads // tp) * dim
    parts = (query * (2 if shape.gated_query else 1), kv, kv)
    biases = (sum(parts) if shape.qkv_bias else 0) + (shape.hidden if shape.o_bias else 0)
    small = biases + (2 * dim if shape.qk_norm else 0) + (shape.heads // tp if shape.sinks else 0)
    return linear(quant, shape.hidden, parts, width) + linear(quant, query, (shape.hidden,), width) + small * width


def _latent(shape: ModelShape, latent: Mla, name: str, tp: int, width: int) -> int:
    quant, heads = quant_of(shape, name), shape.heads // tp
    down = latent.kv_rank + latent.rope
    query = heads * (latent.nope + latent.rope)
    if latent.q_rank:
        first = linear(quant, shape.hidden, (latent.q_rank, down), width)
        first += linear(quant, latent.q_rank, (query,), width) + latent.q_rank * width
    else:
        first = linear(quant, shape.hidden, (query,), width) + linear(quant, shape.hidden, (down,), width)
    up = linear(quant, latent.kv_rank, (heads * (latent.nope + latent.value),), width)
    out = linear(quant, heads * latent.value, (shape.hidden,), width)
    return first + latent.kv_rank * width + up + out


def _linear_attention(shape: ModelShape, state: LinearState, name: str, tp: int, width: int) -> int:
    quant = quant_of(shape, name)
    keys, values = state.key_dim * state.key_heads // tp, state.value_dim * state.value_heads // tp
    mixed = linear(quant, shape.hidden, (keys, keys, values, values), width)
    gates = linear(quant, shape.hidden, (2 * state.value_heads // tp,), width)
    convolution = (2 * keys + values) * state.kernel * width
    small = state.value_heads // tp * (4 + width) + state.value_dim * width
    return mixed + gates + convolution + small + linear(quant, values, (shape.hidden,), width)


def _feed_forward(shape: ModelShape, index: int, name: str, tp: int, width: int) -> int:
    routed = shape.experts
    if routed is None or index not in routed.layers:
        return _mlp(shape, shape.inter, f"{name}.mlp", tp, width)
    router = routed.count * shape.hidden * width + (routed.count * width if routed.router_bias else 0)
    router += routed.count * 4 if routed.score_bias else 0
    inter = routed.inter // tp
    biases = routed.count * (2 * inter + shape.hidden) * width if routed.bias else 0
    shared = _mlp(shape, routed.shared_inter, f"{name}.mlp", tp, width) if routed.shared_inter else 0
    gate = shape.hidden * width if routed.shared_gate else 0
    return (
        router
        + biases
        + shared
        + gate
        + experts(quant_of(shape, f"{name}.mlp.experts"), routed.count, shape.hidden, inter, width)
    )


def _mlp(shape: ModelShape, inter: int, name: str, tp: int, width: int) -> int:
    quant, rank = quant_of(shape, name), inter // tp
    first = (rank,) if shape.encoder else (rank, rank)
    biases = (sum(first) + shape.hidden) * width if shape.mlp_bias else 0
    return linear(quant, shape.hidden, first, width) + linear(quant, rank, (shape.hidden,), width) + biases
