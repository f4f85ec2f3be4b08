"""Small files in real formats: safetensors of any shape, a repository of a tiny model, manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any

WIDTH = {"F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "I8": 1, "U8": 1, "I32": 4, "I64": 8}

CONFIG: Mapping[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "vocab_size": 256,
    "max_position_embeddings": 4096,
    "torch_dtype": "bfloat16",
    "tie_word_embeddings": False,
}
"""config.json of a model of 107 thousand parameters, as `TENSORS` has them."""


def _layer(index: int) -> dict[str, tuple[int, ...]]:
    at = f"model.layers.{index}"
    return {
        f"{at}.input_layernorm.weight": (64,),
        f"{at}.post_attention_layernorm.weight": (64,),
        f"{at}.self_attn.q_proj.weight": (64, 64),
        f"{at}.self_attn.k_proj.weight": (16, 64),
        f"{at}.self_attn.v_proj.weight": (16, 64),
        f"{at}.self_attn.o_proj.weight": (64, 64),
        f"{at}.mlp.gate_proj.weight": (128, 64),
        f"{at}.mlp.up_proj.weight": (128, 64),
        f"{at}.mlp.down_proj.weight": (64, 128),
    }


TENSORS: Mapping[str, tuple[int, ...]] = {
    "model.embed_tokens.weight": (256, 64),
    **_layer(0),
    **_layer(1),
    "model.norm.weight": (64,),
    "lm_head.weight": (256, 64),
}
"""Shapes of all its tensors."""
TOTAL = sum(prod(shape) for shape in TENSORS.values()) * 2
"""Their bytes in 16 bits."""


def safetensors(tensors: Mapping[str, tuple[int, ...]], dtype: str = "BF16", **header: Any) -> bytes:
    """A whole file of zeros; `header` replaces or adds rows of the header."""
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in tensors.items():
        size = prod(shape) * WIDTH[dtype]
        rows[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return framed(json.dumps(rows | header).encode()) + bytes(at)


def framed(header: bytes, length: int | None = None) -> bytes:
    """A header behind its length, or behind another one."""
    return (len(header) if length is None else length).to_bytes(8, "little") + header


def sharded(tensors: Mapping[str, tuple[int, ...]], count: int) -> dict[str, bytes]:
    """`count` files and their index, as transformers writes them."""
    names = list(tensors)
    files: dict[str, bytes] = {}
    where: dict[str, str] = {}
    for number in range(count):
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        mine = names[number::count]
        files[file] = safetensors({name: tensors[name] for name in mine})
        where |= dict.fromkeys(mine, file)
    index = {"metadata": {"total_size": 0}, "weight_map": where}
    return {**files, "model.safetensors.index.json": json.dumps(index).encode()}


def repository(shards: int = 1, **config: Any) -> dict[str, bytes]:
    """Files of the tiny model as its authors would publish them, with second copies that nobody needs."""
    weights = {"model.safetensors": safetensors(TENSORS)} if shards == 1 else sharded(TENSORS, shards)
    return {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "README.md": b"# tiny\n",
        "config.json": json.dumps({**CONFIG, **config}).encode(),
        "generation_config.json": b"{}",
        "pytorch_model.bin": b"pickled",
        "onnx/model.onnx": b"onnx",
        "tiny-q4.gguf": b"GGUF",
        "tokenizer.json": b'{"version": "1.0"}',
        "tokenizer_config.json": b"{}",
        **weights,
    }
