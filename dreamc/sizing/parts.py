"""What one instance takes on a card besides its KV cache, and how sure each figure is."""

from __future__ import annotations

from msgspec import Struct

from dreamc.hub.shape import ModelShape
from dreamc.sizing import calibration
from dreamc.sizing.types import GIB, MIB, Confidence, Figure
from dreamc.sizing.weights import heaviest_stage, latent_copies


class Setting(Struct, frozen=True):
    """The knobs of one instance that its memory depends on. ``width`` is bytes of the model's dtype.

    ``billions`` is how many parameters the model has, in 10^9; ``capability`` is that of its cards.
    """

    version: str
    tp: int
    pp: int
    seqs: int
    batched: int
    width: int
    eager: bool
    embed: bool
    billions: float
    capability: tuple[int, int]


class Parts(Struct, frozen=True):
    """Bytes per GPU; ``inside`` is what vLLM's own budget must hold besides KV cache and margin."""

    weights: int
    rope: int
    activation: int
    buffers: int
    graphs: int
    non_torch: int
    context: int
    margin: int

    @property
    def inside(self) -> int:
        """Everything but the CUDA context, the margin and the KV cache."""
        return self.weights + self.rope + self.activation + self.buffers + self.graphs + self.non_torch


def parts(shape: ModelShape, setting: Setting, weights: int) -> Parts:
    """All terms but the KV cache. ``weights`` are the rank's bytes, which no knob here changes."""
    peak, captured = activation(shape, setting), graphs(shape, setting)
    return Parts(
        weights=weights,
        rope=rope(shape, setting.width),
        activation=peak,
        buffers=buffers(shape, setting),
        graphs=captured,
        non_torch=non_torch(setting),
        context=before_check(setting.version, setting.tp * setting.pp),
        margin=_margin(peak, captured, measured=_measured(shape, setting)),
    )


def _measured(shape: ModelShape, setting: Setting) -> bool:
    """Whether the activation formula was fitted on reports of such a model and version."""
    row = calibration.at("sampler_bytes", calibration.version(setting.version)) or {}
    return row.get("confidence") == "calibrated" and not (shape.encoder or setting.embed or shape.vision_parameters)


def _margin(peak: int, captured: int, *, measured: bool) -> int:
    row = calibration.row("margin")
    share = calibration.real(row, "of_measured_activation" if measured else "of_modelled_activation")
    return int(calibration.real(row, "fixed_mib") * MIB + share * peak + calibration.real(row, "of_graphs") * captured)


def loaded_weights(shape: ModelShape, tp: int, pp: int, width: int) -> int:
    """Bytes of the heaviest rank once loaded."""
    return heaviest_stage(shape, tp, pp, width) + latent_copies(shape, tp) // pp


def rope(shape: ModelShape, width: int) -> int:
    """Rotary caches: rows x dimensions x dtype (vLLM 0.33.0 layers/rotary_embedding/base.py:59)."""
    return shape.rope.rows * shape.rope.dim * shape.rope.caches * width


def activation(shape: ModelShape, setting: Setting) -> int:
    """Peak of the profile run, with an allowance for the run of an image encoder where there is one."""
    vision = calibration.real(calibration.row("vision_encoder_gib"), "value") if shape.vision_parameters else 0.0
    return _text_activation(shape, setting) + int(vision * GIB)


def _text_activation(shape: ModelShape, setting: Setting) -> int:
    """Peak of the profile run: the widest layer over all tokens, or the sampler over all sequences and the vocabulary.

    The logits are gathered on every rank, so that tensor parallelism does not shrink the second term
    (vLLM 0.33.0 layers/logits_processor.py:180-199).
    """
    tokens, hidden = setting.batched, shape.hidden
    dense = shape.experts is None or len(shape.experts.layers) < len(shape.layers)
    inter = shape.inter if dense else max(shape.experts.inter, shape.experts.shared_inter) if shape.experts else 0
    widest = tokens * (3 * inter // setting.tp + 4 * hidden) * setting.width
    if shape.encoder or setting.embed:
        return widest + tokens * hidden * 4
    when = calibration.version(setting.version)
    rows = min(setting.seqs, tokens)
    # The constant was measured with logits of two bytes, which 32-bit copies join.
    each = calibration.value("sampler_bytes", when) + setting.width - 2
    sampler = int(each * rows * shape.vocab) + tokens * hidden * setting.width
    return max(widest, sampler + _expert_workspace(shape, setting))


def _expert_workspace(shape: ModelShape, setting: Setting) -> int:
    routed = shape.experts
    if routed is None or shape.model_type == "gpt_oss":
        return 0
    rank = routed.inter // setting.tp
    factor = calibration.real(calibration.row("expert_workspace"), "value")
    return int(factor * setting.batched * routed.chosen * (max(2 * rank, shape.hidden) + rank) * 2)


def buffers(shape: ModelShape, setting: Setting) -> int:
    """What the runner keeps per sequence and vocabulary entry."""
    if shape.encoder or setting.embed:
        return 0
    each = calibration.value("penalty_bytes", calibration.version(setting.version))
    return int(each * setting.seqs * shape.vocab)


def graphs(shape: ModelShape, setting: Setting) -> int:
    """Captured CUDA graphs; there is no formula, only measured ranges."""
    if setting.eager:
        return 0
    row = next(row for row in calibration.rows("cuda_graphs_gib") if setting.seqs <= calibration.whole(row, "max_seqs"))
    classes = calibration.row("model_size_classes")
    size = setting.billions
    large = setting.tp > 1 or shape.experts is not None or size > calibration.real(classes, "small_up_to_billion")
    huge = size >= calibration.real(classes, "huge_from_billion")
    return int(calibration.real(row, "huge" if huge else "large" if large else "small") * GIB)


def before_check(version: str, gpus: int) -> int:
    """Bytes gone before vLLM compares the free memory with its budget: the CUDA context, and NCCL on several GPUs."""
    return int(calibration.real(_before_check_row(version, gpus), "value") * GIB)


def _before_check_row(version: str, gpus: int) -> calibration.Row:
    found = calibration.at("before_check_gib", calibration.version(version), gpus=min(gpus, 2))
    assert found is not None
    return found


def non_torch(setting: Setting) -> int:
    """What vLLM finds outside torch's allocator beside that: kernels, cuBLAS, buffers of collectives."""
    return int(calibration.real(_non_torch_row(setting), "value") * GIB)


def _non_torch_row(setting: Setting) -> calibration.Row:
    when = calibration.version(setting.version)
    if setting.tp == 1:
        found = calibration.at("non_torch_gib", when, tp=1)
    else:
        switched = calibration.row("nvswitch_capabilities")["values"]
        assert isinstance(switched, list)
        fabric = "nvswitch" if ".".join(map(str, setting.capability)) in switched else "pcie"
        rows = (calibration.at("non_torch_gib", when, tp=tp, fabric=fabric) for tp in (4, 2) if tp <= setting.tp)
        found = next((row for row in rows if row), None)
    assert found is not None
    return found


def figures(shape: ModelShape, found: Parts, setting: Setting, kv_bytes: int) -> tuple[Figure, ...]:
    """Every part with its confidence and source."""
    sampler = calibration.at("sampler_bytes", calibration.version(setting.version)) or {}
    peak: Confidence = "calibrated" if _measured(shape, setting) else "modelled"
    plain = shape.quant.method not in ("mxfp4", "bitsandbytes") and not shape.vision_parameters
    guess: Confidence = "modelled"
    calibrated: Confidence = "calibrated"
    rope_sure: Confidence = "exact" if shape.rope.kind in ("default", "llama3", "linear") else guess
    margin = calibration.source(calibration.row("margin"))
    before = calibration.source(_before_check_row(setting.version, setting.tp * setting.pp))
    weights: Confidence = "exact" if plain else guess
    return (
        Figure("weights", found.weights, weights, "vLLM 0.33.0 model_executor/models, from config.json"),
        Figure("rope", found.rope, rope_sure, "vLLM 0.33.0 layers/rotary_embedding/base.py:59"),
        Figure("activation", found.activation, peak, str(sampler.get("source", ""))),
        Figure("buffers", found.buffers, "exact", "vLLM 0.33.0 v1/worker/gpu/sample/penalties.py:43-50"),
        Figure(
            "graphs",
            found.graphs,
            "exact" if setting.eager else "assumed",
            calibration.source(calibration.rows("cuda_graphs_gib")[0]),
        ),
        Figure("non_torch", found.non_torch, calibrated, calibration.source(_non_torch_row(setting))),
        Figure("kv_cache", kv_bytes, "exact", "vLLM 0.33.0 v1/core/kv_cache_planning.py:574-605"),
        Figure("margin", found.margin, "assumed", margin),
        Figure("context", found.context, "assumed", before),
    )
