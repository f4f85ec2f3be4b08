"""Bytes of one linear layer on one rank, by the way it is stored."""

from __future__ import annotations

import fnmatch
import re

from msgspec.structs import replace

from dreamc.hub.shape import ModelShape, Quant

PLAIN = Quant()


def linear(quant: Quant, inputs: int, outputs: tuple[int, ...], width: int = 2) -> int:
    """Weights and scales of ``inputs`` x sum(``outputs``); ``width`` is bytes of the model's dtype.

    Several outputs are one fused layer, whose parts keep scales of their own (vLLM 0.33.0
    model_executor/layers/linear.py and layers/quantization/).
    """
    total = sum(outputs)
    if quant.method in ("awq", "gptq"):
        return _grouped(quant, inputs, total, width)
    if quant.method == "w4a16":
        zeros = 0 if not quant.zero_point else _groups(quant, inputs) * total * quant.bits // 8
        return inputs * total * quant.bits // 8 + _groups(quant, inputs) * total * width + zeros + 16
    if quant.method == "fp8":
        scales = total if quant.group else len(outputs)
        return inputs * total + 4 * scales + (0 if quant.dynamic else 4 * len(outputs))
    if quant.method == "w8a8":
        return inputs * total + 4 * total
    if quant.method == "fp8_block":
        rows = sum(-(-output // quant.group) for output in outputs)
        return inputs * total + 4 * rows * -(-inputs // quant.group)
    if quant.method == "bitsandbytes":
        return inputs * total * quant.bits // 8 + inputs * total * 4 // quant.group
    return inputs * total * width


def experts(quant: Quant, count: int, hidden: int, inter: int, width: int = 2) -> int:
    """Gate, up and down of ``count`` experts; mxfp4 pads to what its kernels need."""
    if quant.method == "mxfp4":
        # A scale per 32 values (vLLM 0.33.0 layers/quantization/mxfp4.py).
        rows, columns = quant.tile
        padded = -(-hidden // rows) * rows * (-(-inter // columns) * columns)
        return count * 3 * padded * 17 // 32
    return count * (linear(quant, hidden, (inter, inter), width) + linear(quant, inter, (hidden,), width))


def quant_of(shape: ModelShape, name: str) -> Quant:
    """How the layer ``name`` is stored, such as "model.layers.3.self_attn"; layers left out stay unquantised."""
    quant = shape.quant
    if quant.method == "mxfp4" and "experts" not in name:
        return PLAIN
    return PLAIN if any(_matches(pattern, name) for pattern in quant.skipped) else replace(quant, skipped=())


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith("re:"):
        return re.match(pattern[3:], name) is not None
    if "*" in pattern:
        return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, f"{pattern}.*")
    return name == pattern or name.startswith(f"{pattern}.") or pattern.startswith(f"{name}.")


def _groups(quant: Quant, inputs: int) -> int:
    return 1 if quant.group <= 0 else -(-inputs // quant.group)


def _grouped(quant: Quant, inputs: int, outputs: int, width: int) -> int:
    packed = inputs * outputs * quant.bits // 8
    scales = _groups(quant, inputs) * outputs
    order = inputs * 4 if quant.desc_act else 0
    return packed + scales * width + scales * quant.bits // 8 + order
