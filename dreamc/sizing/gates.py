"""What a card, a version and a split cannot do, as reasons: checked before any arithmetic."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.hub.shape import ModelShape, Quant
from dreamc.knowledge import vllm_capabilities
from dreamc.sizing import cache_types, calibration
from dreamc.sizing.types import FitRequest, Refusal

METHOD_ROWS = {
    "awq": "awq",
    "gptq": "gptq",
    "fp8": "fp8",
    "fp8_block": "fp8",
    "w4a16": "compressed-tensors-wna16",
    "w8a8": "compressed-tensors-w8a8-int8",
    "mxfp4": "mxfp4",
    "bitsandbytes": "bitsandbytes",
}
ONLINE = {
    "fp8": Quant("fp8", 8, 0, declared="fp8"),
    "bitsandbytes": Quant("bitsandbytes", 4, 64, declared="bitsandbytes"),
}
DTYPES = {
    "auto": "",
    "half": "float16",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float": "float32",
    "float32": "float32",
}


def capability_text(capability: tuple[int, int]) -> str:
    """(7, 5) as "7.5"."""
    return f"{capability[0]}.{capability[1]}"


def quantised(request: FitRequest) -> ModelShape | Refusal:
    """The shape with the quantisation asked for, where the checkpoint itself has none."""
    asked, own = request.quantization, request.shape.quant
    if asked is None or own.method != "none":
        matches = asked is None or asked == own.declared or asked.startswith(f"{own.declared}_")
        return (
            request.shape
            if matches or asked == f"auto_{own.declared}"
            else Refusal("request", f"quantization {asked} is asked, but the checkpoint is stored as {own.declared}")
        )
    if asked not in ONLINE:
        return Refusal(
            "request",
            f"quantization {asked} needs a checkpoint stored that way; this one is not quantised",
            options=("leave quantization out", "a quantised build of the model"),
        )
    return replace(request.shape, quant=ONLINE[asked])


def tiled(shape: ModelShape, version: str, capability: tuple[int, int]) -> ModelShape:
    """The shape with mxfp4 experts padded to what that version's kernels want on such a card."""
    if shape.quant.method != "mxfp4":
        return shape
    when = calibration.version(version)
    row = calibration.at("mxfp4_tile", when, major=capability[0]) or calibration.at("mxfp4_tile", when, major=None)
    assert row is not None
    tile = (calibration.whole(row, "hidden"), calibration.whole(row, "inter"))
    return replace(shape, quant=replace(shape.quant, tile=tile))


def dtype(request: FitRequest) -> str | Refusal:
    """The dtype to serve in: the checkpoint's, or half on cards without bfloat16 (platforms/cuda.py:257-263)."""
    asked = DTYPES.get(request.dtype or "auto")
    if asked is None:
        return Refusal("request", f"dtype {request.dtype} is unknown", options=tuple(DTYPES))
    shape = request.shape
    has_bf16 = request.capability >= _bf16_from(request.vllm_version)
    if asked == "bfloat16" and not has_bf16:
        return Refusal("capability", _no_bf16(request), options=("dtype: half",) if shape.fp16_ok else ())
    chosen = asked or _default_dtype(shape, has_bf16=has_bf16)
    if chosen == "float16" and not shape.fp16_ok:
        why = f"{shape.model_type} must not run in float16 (vLLM refuses it)"
        return Refusal(
            "capability",
            why if has_bf16 else f"{_no_bf16(request)}, and {why}",
            options=("dtype: bfloat16",) if has_bf16 else ("a card of compute capability 8.0 or above",),
        )
    if shape.quant.method == "mxfp4" and not has_bf16:
        return Refusal("capability", f"mxfp4 computes in bfloat16, and {_no_bf16(request)}")
    return chosen


def capability(request: FitRequest) -> Refusal | None:
    """What the card's compute capability forbids."""
    has = capability_text(request.capability)
    release = vllm_capabilities.release(request.vllm_version)
    if release and not vllm_capabilities.wheel_runs_on(request.vllm_version, request.capability):
        built = ", ".join(capability_text(found) for found in release.architectures)
        return Refusal("capability", f"the vLLM {request.vllm_version} wheel is built for {built}; the card is {has}")
    method = METHOD_ROWS.get(request.shape.quant.method)
    row = vllm_capabilities.quantization(request.vllm_version, method) if method else None
    if row is not None and row.min_capability is None:
        plugin = (f"the package {row.plugin}",) if row.plugin else ()
        return Refusal(
            "capability", f"vLLM {request.vllm_version} no longer has the quantisation {row.method}", options=plugin
        )
    if row is not None and row.min_capability is not None and request.capability < row.min_capability:
        return Refusal(
            "capability",
            f"the quantisation {row.method} needs compute capability "
            f"{capability_text(row.min_capability)} in vLLM {request.vllm_version}; the card has {has}",
        )
    why = cache_types.refusal(request.kv_cache_dtype or "auto", request.vllm_version, request.capability)
    return Refusal("capability", why, options=("kv_cache_dtype: auto",)) if why else None


def parallelism(shape: ModelShape, tp: int, pp: int = 1) -> Refusal | None:
    """Whether the model can be cut into ``tp`` x ``pp`` ranks."""
    problem = next((text for bad, text in _splits(shape, tp, pp) if bad), None)
    return Refusal("parallelism", problem) if problem else None


def _splits(shape: ModelShape, tp: int, pp: int) -> tuple[tuple[bool, str], ...]:
    kv, routed = shape.kv_heads, shape.experts
    padded = -(-shape.vocab // 64) * 64
    states = [layer.state for layer in shape.layers if layer.state is not None]
    if tp < 1 or pp < 1:
        return ((True, f"tensor parallel {tp} and pipeline parallel {pp} must be at least 1"),)
    return (
        (pp > len(shape.layers), f"{len(shape.layers)} layers cannot be split over {pp} stages"),
        (shape.heads % tp > 0, f"{shape.heads} attention heads are not divisible by {tp} GPUs"),
        (shape.mla is None and kv % tp > 0 and tp % kv > 0, f"{kv} KV heads are not divisible by {tp} GPUs"),
        (padded % tp > 0, f"the padded vocabulary {padded} is not divisible by {tp} GPUs"),
        (shape.inter % tp > 0, f"the feed-forward width {shape.inter} is not divisible by {tp} GPUs"),
        (routed is not None and routed.inter % tp > 0, f"the expert width is not divisible by {tp} GPUs"),
        (
            any(state.key_heads % tp or state.value_heads % tp for state in states),
            f"the linear attention heads are not divisible by {tp} GPUs",
        ),
        _group_split(shape, tp),
    )


def _group_split(shape: ModelShape, tp: int) -> tuple[bool, str]:
    quant = shape.quant
    if tp == 1 or quant.method not in ("awq", "gptq", "fp8_block", "w4a16") or quant.group <= 0:
        return False, ""
    dense = shape.experts is None or len(shape.experts.layers) < len(shape.layers)
    widths = [shape.heads * shape.head_dim, *([shape.inter] if dense else [])]
    widths += [shape.experts.inter] if shape.experts else []
    bad = next((width for width in widths if width // tp % quant.group), 0)
    return bad > 0, f"the width {bad} over {tp} GPUs does not divide into quantisation groups of {quant.group}"


def _default_dtype(shape: ModelShape, *, has_bf16: bool) -> str:
    # float32 checkpoints are served in half precision.
    return "bfloat16" if shape.dtype == "bfloat16" and has_bf16 else "float16"


def _bf16_from(version: str) -> tuple[int, int]:
    release = vllm_capabilities.release(version)
    return release.bf16_min_capability if release else (8, 0)


def _no_bf16(request: FitRequest) -> str:
    needed, has = _bf16_from(request.vllm_version), request.capability
    return f"bfloat16 needs compute capability {capability_text(needed)}, the card has {capability_text(has)}"
