"""What one instance takes on a card besides its KV cache, and how sure each figure is."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.hub.shape import ModelShape
from dreamc.sizing import calibration
from dreamc.sizing.margin import margin
from dreamc.sizing.measured import corrected
from dreamc.sizing.setting import Parts, Setting, Sure
from dreamc.sizing.types import GIB, Confidence, Figure
from dreamc.sizing.weights import body_weights, heaviest_stage, latent_copies, rank_weights


def parts(shape: ModelShape, setting: Setting, weights: int) -> Parts:
    """All terms but the KV cache, those of the stage that needs most where a pipeline has several; where the user's
    own log knows better, what it says. ``weights`` are the rank's bytes, which no knob here changes."""
    if setting.pp > 1:
        stages = (_stage(shape, setting, stage) for stage in range(setting.pp))
        found = max(stages, key=lambda one: one.inside)
    else:
        found = _modelled(shape, setting, weights)
    if setting.measured is not None:
        there = replace(setting, seqs=setting.measured.seqs, batched=setting.measured.batched, measured=None, offload=0)
        when = replace(there, eager=setting.measured.eager)
        found = corrected(found, _modelled(shape, when, weights), setting.measured, setting, budgeted(setting.version))
    if setting.offload:
        body = body_weights(shape, setting.tp, setting.width)
        found = replace(found, weights=found.weights - min(setting.offload, body))
    return replace(found, margin=margin(found))


def _modelled(shape: ModelShape, setting: Setting, weights: int) -> Parts:
    return Parts(
        weights=weights,
        rope=rope(shape, setting.width),
        activation=activation(shape, setting),
        buffers=buffers(shape, setting),
        graphs=graphs(shape, setting),
        non_torch=non_torch(setting),
        context=before_check(setting.version, setting.tp * setting.pp),
        sure=_sure(shape, setting),
    )


def _stage(shape: ModelShape, setting: Setting, stage: int) -> Parts:
    """One rank of a pipeline. Only the last samples; all but the first keep what the one before hands on, and all but
    the last make as much again (vLLM 0.32.0 v1/worker/gpu_model_runner.py:5798-5810: two tensors of tokens x width)."""
    weights = rank_weights(shape, setting.tp, setting.pp, stage, setting.width)
    whole = _modelled(shape, setting, weights + latent_copies(shape, setting.tp) // setting.pp)
    handed = 2 * setting.batched * shape.hidden * setting.width
    last = stage == setting.pp - 1
    peak = whole.activation if last else _widest(shape, setting) + handed
    kept = (whole.buffers if last else 0) + (handed if stage else 0)
    return replace(whole, activation=peak, buffers=kept)


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
    widest = _widest(shape, setting)
    if shape.encoder or setting.embed:
        return widest + tokens * hidden * 4
    when = calibration.version(setting.version)
    rows = min(setting.seqs, tokens)
    # The constant was measured with logits of two bytes, which 32-bit copies join.
    each = calibration.value("sampler_bytes", when) + setting.width - 2
    sampler = int(each * rows * shape.vocab) + tokens * hidden * setting.width
    return max(widest, sampler + _expert_workspace(shape, setting))


def _widest(shape: ModelShape, setting: Setting) -> int:
    dense = shape.experts is None or len(shape.experts.layers) < len(shape.layers)
    inter = shape.inter if dense else max(shape.experts.inter, shape.experts.shared_inter) if shape.experts else 0
    return setting.batched * (3 * inter // setting.tp + 4 * shape.hidden) * setting.width


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


def budgeted(version: str) -> bool:
    """Whether vLLM takes an estimate of its CUDA graphs from its budget."""
    return calibration.value("graphs_in_budget", calibration.version(version)) > 0


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
        alone = calibration.at("non_torch_gib", when, tp=1, stages="several" if setting.pp > 1 else None)
        found = alone or calibration.at("non_torch_gib", when, tp=1, stages=None)
    else:
        switched = calibration.row("nvswitch_capabilities")["values"]
        assert isinstance(switched, list)
        fabric = "nvswitch" if ".".join(map(str, setting.capability)) in switched else "pcie"
        rows = (calibration.at("non_torch_gib", when, tp=tp, fabric=fabric) for tp in (4, 2) if tp <= setting.tp)
        found = next((row for row in rows if row), None)
    assert found is not None
    return found


def _sure(shape: ModelShape, setting: Setting) -> Sure:
    """The confidence of every formula for such a model, version and split."""
    plain = shape.quant.method not in ("mxfp4", "bitsandbytes") and not shape.vision_parameters
    sampler = calibration.at("sampler_bytes", calibration.version(setting.version)) or {}
    fitted = calibration.confidence(sampler) == "calibrated" and setting.pp == 1
    fitted = fitted and not (shape.encoder or setting.embed or shape.vision_parameters)
    spanned = _non_torch_row(setting)
    # A row of fewer GPUs stands in for a wider split, and for a pipeline that no log of such a version has shown.
    fits = spanned["tp"] == setting.tp and (setting.pp == 1 or "stages" in spanned)
    return Sure(
        weights="exact" if plain else "modelled",
        rope="exact" if shape.rope.kind in ("default", "llama3", "linear") else "modelled",
        activation="calibrated" if fitted else "modelled",
        buffers="exact" if setting.pp == 1 else "modelled",
        graphs="exact" if setting.eager else "assumed",
        non_torch=calibration.confidence(spanned) if fits else "modelled",
        context=calibration.confidence(_before_check_row(setting.version, setting.tp * setting.pp)),
    )


def figures(found: Parts, setting: Setting, kv_bytes: int) -> tuple[Figure, ...]:
    """Every part with its confidence and source."""
    sampler = calibration.at("sampler_bytes", calibration.version(setting.version)) or {}
    sources = {
        "weights": "vLLM 0.33.0 model_executor/models, from config.json",
        "rope": "vLLM 0.33.0 layers/rotary_embedding/base.py:59",
        "activation": str(sampler.get("source", "")),
        "buffers": "vLLM 0.33.0 v1/worker/gpu/sample/penalties.py:43-50",
        "graphs": calibration.source(calibration.rows("cuda_graphs_gib")[0]),
        "non_torch": calibration.source(_non_torch_row(setting)),
        "context": calibration.source(_before_check_row(setting.version, setting.tp * setting.pp)),
    }
    if setting.measured is not None:
        own = f"start-up log {setting.measured.source} of {setting.measured.model}, {setting.measured.checked}"
        sources |= dict.fromkeys(found.measured, own)
    least: Confidence = "assumed"
    named = {
        name: Figure(name, getattr(found, name), getattr(found.sure, name), source) for name, source in sources.items()
    }
    cache = Figure("kv_cache", kv_bytes, "exact", "vLLM 0.33.0 v1/core/kv_cache_planning.py:574-605")
    free = Figure("margin", found.margin, least, calibration.source(calibration.row("margin")))
    context = named.pop("context")
    return (*named.values(), cache, free, context)
