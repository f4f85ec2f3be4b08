"""quantization_config of the methods that are modelled, and a refusal for the others."""

from __future__ import annotations

from typing import Any

import pytest

from dreamc.hub.keys import ConfigError
from dreamc.hub.quantization import quantization
from dreamc.hub.shape import Quant


def read(**given: Any) -> Quant:
    return quantization({"quantization_config": given})


def group(weights: dict[str, Any], activations: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "quant_method": "compressed-tensors",
        "config_groups": {"group_0": {"weights": weights, "input_activations": activations}},
    }


def test_no_quantisation() -> None:
    assert quantization({}) == Quant()


def test_awq_and_gptq() -> None:
    assert read(quant_method="awq", bits=4, group_size=64).group == 64
    assert read(quant_method="gptq", bits=8, group_size=-1, desc_act=True).desc_act
    assert not read(quant_method="awq", w_bit=4, q_group_size=128, desc_act=True).desc_act


def test_fp8_by_tensor_and_by_block() -> None:
    assert read(quant_method="fp8", activation_scheme="static").method == "fp8"
    block = read(quant_method="fp8", weight_block_size=[128, 128])
    assert (block.method, block.group) == ("fp8_block", 128)


@pytest.mark.parametrize(
    ("weights", "activations", "method", "size"),
    [
        ({"type": "float", "num_bits": 8, "strategy": "channel"}, {"num_bits": 8}, "fp8", -1),
        ({"type": "float", "num_bits": 8, "strategy": "tensor"}, {"num_bits": 8}, "fp8", 0),
        ({"type": "int", "num_bits": 8, "strategy": "channel"}, {"num_bits": 8}, "w8a8", -1),
        ({"type": "int", "num_bits": 4, "strategy": "group", "group_size": 128}, None, "w4a16", 128),
    ],
)
def test_compressed_tensors(
    weights: dict[str, Any], activations: dict[str, Any] | None, method: str, size: int
) -> None:
    found = read(**group(weights, activations))
    assert (found.method, found.group, found.declared) == (method, size, "compressed-tensors")


def test_a_checkpoint_may_carry_an_fp8_cache() -> None:
    given = group({"type": "float", "num_bits": 8}, {"num_bits": 8})
    assert read(**given, kv_cache_scheme={"num_bits": 8, "type": "float"}).kv_cache == "fp8"


@pytest.mark.parametrize(
    "given",
    [
        {"quant_method": "modelopt"},
        {"quant_method": "awq", "bits": 5},
        {"quant_method": "gptq", "group_size": 0},
        {"quant_method": "fp8", "weight_block_size": [128]},
        {"quant_method": "compressed-tensors", "config_groups": {}},
        group({"type": "float", "num_bits": 4}),
        {},
    ],
)
def test_other_schemes_are_refused_with_a_reason(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        quantization({"quantization_config": {"quant_method": "?", **given}})
