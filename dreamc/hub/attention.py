"""The cache that each layer of a model keeps, read from config.json."""

from __future__ import annotations

from dreamc.hub.keys import KV_HEADS, Config, ConfigError, flag, natural, positive, sequence, text
from dreamc.hub.shape import LayerKV, LinearState, Mla

KINDS = {
    "full_attention": "full",
    "sliding_attention": "sliding",
    "chunked_attention": "chunked",
    "linear_attention": "linear",
}


def kv_heads(config: Config) -> int:
    """Key and value heads of the whole model (vLLM 0.33.0 config/model.py:1663-1683)."""
    return positive(config, *KV_HEADS, default=positive(config, "num_attention_heads"))


def head_dim(config: Config) -> int:
    """Explicit head_dim, else hidden / heads."""
    explicit = natural(config, "head_dim", "attention_head_dim")
    heads = positive(config, "num_attention_heads")
    if not explicit and positive(config, "hidden_size") % heads:
        raise ConfigError(f"hidden_size {config.get('hidden_size')} is not divisible by {heads} attention heads")
    return explicit or positive(config, "hidden_size") // heads


def mla(config: Config) -> Mla:
    """Ranks and dimensions of latent attention (DeepSeek V2 and V3)."""
    return Mla(
        kv_rank=positive(config, "kv_lora_rank"),
        q_rank=natural(config, "q_lora_rank"),
        nope=positive(config, "qk_nope_head_dim"),
        rope=positive(config, "qk_rope_head_dim"),
        value=positive(config, "v_head_dim"),
    )


def layers(config: Config, model_type: str) -> tuple[LayerKV, ...]:
    """One LayerKV per layer, in order."""
    count = positive(config, "num_hidden_layers", "n_layer", "n_layers")
    if count > 10_000:
        raise ConfigError(f"num_hidden_layers {count} is not a model")
    if model_type in MLA_TYPES:
        latent = mla(config)
        return (LayerKV("mla", 1, latent.kv_rank + latent.rope, 0),) * count
    kinds = _kinds(config, model_type, count)
    if set(kinds) == {"linear"}:
        raise ConfigError("a model of linear attention alone is not modelled")
    return tuple(_layer(config, kind) for kind in kinds)


MLA_TYPES = ("deepseek_v2", "deepseek_v3", "kimi_k2")


def _layer(config: Config, kind: str) -> LayerKV:
    heads, dim = kv_heads(config), head_dim(config)
    if kind == "full":
        return LayerKV("full", heads, dim, dim)
    if kind == "sliding":
        return LayerKV("sliding", heads, dim, dim, window=positive(config, "sliding_window"))
    if kind == "chunked":
        return LayerKV("chunked", heads, dim, dim, window=positive(config, "attention_chunk_size", default=8192))
    return LayerKV(
        "linear",
        state=LinearState(
            positive(config, "linear_num_key_heads"),
            positive(config, "linear_num_value_heads"),
            positive(config, "linear_key_head_dim"),
            positive(config, "linear_value_head_dim"),
            positive(config, "linear_conv_kernel_dim"),
            4 if text(config, "mamba_ssm_dtype") == "float32" else 2,
        ),
    )


def _kinds(config: Config, model_type: str, count: int) -> tuple[str, ...]:
    listed = sequence(config, "layer_types")
    if listed and model_type in LISTED_TYPES:
        unknown = [kind for kind in listed if not isinstance(kind, str) or kind not in KINDS]
        if unknown or len(listed) != count:
            what = f"the unknown kind {unknown[0]!r}" if unknown else f"{len(listed)} entries"
            raise ConfigError(f"layer_types of {count} layers has {what}")
        return tuple(KINDS[str(kind)] for kind in listed)
    if model_type == "llama4_text":
        return _llama4(config, count)
    every = _full_every(config, model_type)
    other = "linear" if model_type == "qwen3_next" else "sliding"
    if every:
        return tuple("full" if (index + 1) % every == 0 else other for index in range(count))
    return ("sliding" if _all_sliding(config, model_type) else "full",) * count


LISTED_TYPES = ("gemma2", "gemma3_text", "gpt_oss", "qwen3_next")


def _llama4(config: Config, count: int) -> tuple[str, ...]:
    # Layers with rope attend within chunks; the others see everything.
    rope = sequence(config, "no_rope_layers") or tuple(int((index + 1) % 4 != 0) for index in range(count))
    if len(rope) != count:
        raise ConfigError(f"no_rope_layers has {len(rope)} entries for {count} layers")
    return tuple("chunked" if value else "full" for value in rope)


def _full_every(config: Config, model_type: str) -> int:
    if model_type in ("gemma2", "gpt_oss"):
        return 2
    if model_type == "gemma3_text":
        return positive(config, "sliding_window_pattern", "_sliding_window_pattern", default=6)
    return positive(config, "full_attention_interval", default=4) if model_type == "qwen3_next" else 0


def _all_sliding(config: Config, model_type: str) -> bool:
    if model_type in ("qwen2", "qwen2_moe", "qwen3", "qwen3_moe"):
        if flag(config, "use_sliding_window"):
            raise ConfigError("use_sliding_window: true mixes window sizes by layer, which is not modelled")
        return False
    return model_type in ("mistral", "mixtral", "phi3") and natural(config, "sliding_window") > 0
