"""quantization_config of a config.json to a Quant."""

from __future__ import annotations

from collections.abc import Mapping

from dreamc.hub.keys import Config, ConfigError, flag, natural, section, sequence, text
from dreamc.hub.shape import Quant, QuantMethod


def quantization(config: Config) -> Quant:
    """How the linear layers are stored. Raises ConfigError for a scheme that is not modelled."""
    given = section(config, "quantization_config", "compression_config")
    if not given:
        return Quant()
    declared = text(given, "quant_method", default="?").lower()
    if declared in ("compressed-tensors", "compressed_tensors"):
        return _compressed_tensors(given)
    skipped = _names(given, "modules_to_not_convert", "ignored_layers", "llm_int8_skip_modules")
    if declared in ("awq", "gptq"):
        return _grouped("awq" if declared == "awq" else "gptq", given, skipped)
    if declared == "fp8":
        return _fp8(given, skipped)
    if declared == "mxfp4":
        return Quant("mxfp4", bits=4, group=32, declared="mxfp4", skipped=skipped)
    if declared == "bitsandbytes":
        bits = 8 if flag(given, "load_in_8bit", "_load_in_8bit") else 4
        return Quant("bitsandbytes", bits=bits, group=64, declared="bitsandbytes", skipped=skipped)
    raise ConfigError(f"the quantisation {declared!r} is not modelled")


def _names(given: Config, *keys: str) -> tuple[str, ...]:
    return tuple(str(name) for name in sequence(given, *keys))


def _grouped(method: QuantMethod, given: Config, skipped: tuple[str, ...]) -> Quant:
    bits = natural(given, "bits", "w_bit", default=4)
    if bits not in (2, 3, 4, 8):
        raise ConfigError(f"{method} with {bits} bits is not modelled")
    group = given.get("group_size", given.get("q_group_size", 128))
    if not isinstance(group, int) or isinstance(group, bool) or group == 0 or group < -1:
        raise ConfigError(f"group_size must be -1 or above 0, found {group!r}")
    desc_act = flag(given, "desc_act") and method == "gptq"
    return Quant(method, bits=bits, group=group, desc_act=desc_act, declared=method, skipped=skipped)


def _fp8(given: Config, skipped: tuple[str, ...]) -> Quant:
    block = sequence(given, "weight_block_size")
    dynamic = text(given, "activation_scheme", default="dynamic") == "dynamic"
    if not block:
        return Quant("fp8", 8, 0, activation_bits=8, dynamic=dynamic, declared="fp8", skipped=skipped)
    if len(block) != 2 or block[0] != block[1] or not isinstance(block[0], int) or block[0] <= 0:
        raise ConfigError(f"weight_block_size must be two equal numbers, found {list(block)!r}")
    return Quant("fp8_block", 8, block[0], activation_bits=8, dynamic=dynamic, declared="fp8", skipped=skipped)


def _compressed_tensors(given: Config) -> Quant:
    groups = [group for group in section(given, "config_groups").values() if isinstance(group, Mapping)]
    if len(groups) != 1:
        raise ConfigError(f"compressed-tensors with {len(groups)} groups of layers is not modelled")
    weights = section(groups[0], "weights")
    activations = section(groups[0], "input_activations")
    method, group = _scheme(weights, natural(activations, "num_bits", default=16))
    return Quant(
        method,
        bits=natural(weights, "num_bits", default=16),
        group=group,
        zero_point=not flag(weights, "symmetric", default=True),
        activation_bits=natural(activations, "num_bits", default=16),
        dynamic=flag(activations, "dynamic", default=True),
        kv_cache="fp8" if section(given, "kv_cache_scheme") else "",
        declared="compressed-tensors",
        skipped=_names(given, "ignore"),
    )


def _scheme(weights: Config, activation_bits: int) -> tuple[QuantMethod, int]:
    kind = (text(weights, "type", default="int"), natural(weights, "num_bits", default=16))
    strategy = text(weights, "strategy", default="tensor")
    size = weights.get("group_size")
    group = size if isinstance(size, int) and size > 0 else {"tensor": 0}.get(strategy, -1)
    if kind == ("float", 8) and strategy == "block":
        return "fp8_block", 128
    if kind == ("float", 8):
        return "fp8", group
    if kind == ("int", 8) and activation_bits == 8:
        return "w8a8", group
    if kind in (("int", 4), ("int", 8)) and activation_bits == 16:
        return "w4a16", group
    raise ConfigError(
        f"compressed-tensors {kind[1]}-bit {kind[0]} weights with {activation_bits}-bit activations are not modelled"
    )
