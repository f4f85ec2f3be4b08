"""A tiny Llama with random weights and a tokenizer, written by hand, that vLLM loads and serves."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

VOCAB = 256


def config(layers: int, heads: int, kv_heads: int, head_dim: int) -> dict[str, Any]:
    """config.json; vLLM's CPU kernels want head_dim of at least 32."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "torch_dtype": "bfloat16",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "vocab_size": VOCAB,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "eos_token_id": 0,
    }


def write(folder: Path, said: dict[str, Any]) -> None:
    """config.json, tokenizer and weights."""
    words = {"<end>": 0, **{f"w{number}": number for number in range(1, VOCAB)}}
    end = {"id": 0, "content": "<end>", "special": True}
    end |= {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [end],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "<end>"},
    }
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>", "pad_token": "<end>"}
    for name, value in (("config", said), ("tokenizer", tokenizer), ("tokenizer_config", kind)):
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(safetensors(tensors(said)))


def tensors(said: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Names and sizes of the checkpoint's tensors."""
    hidden, inter = said["hidden_size"], said["intermediate_size"]
    queries, keys = (said[key] * said["head_dim"] for key in ("num_attention_heads", "num_key_value_heads"))
    layer = {
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (inter, hidden),
        "mlp.up_proj": (inter, hidden),
        "mlp.down_proj": (hidden, inter),
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
    }
    found = {"model.embed_tokens": (VOCAB, hidden), "lm_head": (VOCAB, hidden), "model.norm": (hidden,)}
    for index in range(said["num_hidden_layers"]):
        found |= {f"model.layers.{index}.{name}": size for name, size in layer.items()}
    return {f"{name}.weight": size for name, size in found.items()}


def safetensors(found: dict[str, tuple[int, ...]]) -> bytes:
    """The file: length of the header, the header, and half-precision numbers around zero."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, size in found.items():
        start, end = end, end + 2 * (size[0] * size[-1] if len(size) > 1 else size[0])
        header[name] = {"dtype": "F16", "shape": list(size), "data_offsets": [start, end]}
    made = random.Random(0)
    data = struct.pack(f"<{end // 2}e", *(made.gauss(0, 0.02) for _ in range(end // 2)))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data
