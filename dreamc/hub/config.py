"""config.json of a model, as published, to a ModelShape."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from dreamc.hub import attention, experts, vision
from dreamc.hub.keys import Config, ConfigError, flag, natural, positive, section, text
from dreamc.hub.quantization import quantization
from dreamc.hub.rope import longest, rope
from dreamc.hub.shape import LayerKV, ModelShape, Rope, Unmodelled


class Family(Struct, frozen=True):
    """What the model type says and config.json does not. ``bias`` is the default of attention_bias."""

    bias: bool = False
    o_bias: bool | None = None
    qk_norm: bool = False
    norms: int = 2
    tied: bool = False
    fp16_ok: bool = True


FAMILIES: Mapping[str, Family] = {
    "llama": Family(),
    "mistral": Family(),
    "mixtral": Family(),
    "granite": Family(),
    "phi3": Family(),
    "qwen2": Family(bias=True, o_bias=False),
    "qwen2_moe": Family(bias=True, o_bias=False),
    "qwen3": Family(qk_norm=True, o_bias=False),
    "qwen3_moe": Family(qk_norm=True, o_bias=False),
    "qwen3_next": Family(qk_norm=True, o_bias=False),
    "gemma": Family(tied=True),
    "gemma2": Family(norms=4, tied=True, fp16_ok=False),
    "gemma3_text": Family(norms=4, tied=True, qk_norm=True, fp16_ok=False),
    "deepseek_v2": Family(),
    "deepseek_v3": Family(),
    "kimi_k2": Family(),
    "gpt_oss": Family(bias=True),
    "llama4_text": Family(),
}
ENCODERS = ("bert", "roberta", "xlm-roberta")
VISION = {"gemma3": "gemma3_text", "mistral3": "mistral", "llama4": "llama4_text", "llava": "llama"}
DTYPES = ("bfloat16", "float16", "float32")


def from_config(config: Mapping[str, object]) -> ModelShape | Unmodelled:
    """Read what memory depends on; refuse a kind of layer that is not modelled."""
    try:
        return _shape(config)
    except ConfigError as error:
        return Unmodelled(str(error))


def _shape(config: Config) -> ModelShape:
    outer = text(config, "model_type")
    inner = section(config, "text_config", "llm_config", "language_config")
    body: Config = {**inner} if inner else config
    model_type = text(body, "model_type", default=VISION.get(outer, outer))
    if inner and outer not in VISION:
        raise ConfigError(f"the vision model type {outer!r} is not modelled")
    if model_type in ENCODERS:
        return _encoder(config, model_type)
    family = FAMILIES.get(model_type)
    if family is None:
        raise ConfigError(f"the model type {model_type!r} is not modelled")
    if inner:
        body = {**GEMMA3_DEFAULTS, **body} if model_type == "gemma3_text" else body
    return _decoder(config, body, model_type, family)


# transformers Gemma3TextConfig: the published gemma-3-4b-it config.json leaves these out.
GEMMA3_DEFAULTS: Config = {
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "vocab_size": 262208,
    "max_position_embeddings": 131072,
    "sliding_window": 4096,
}


def _decoder(config: Config, body: Config, model_type: str, family: Family) -> ModelShape:
    bias = flag(body, "attention_bias", "qkv_bias", default=family.bias)
    latent = model_type in attention.MLA_TYPES
    tied = flag(body, "tie_word_embeddings", default=flag(config, "tie_word_embeddings", default=family.tied))
    dense = ("intermediate_size_mlp",) if model_type == "llama4_text" else ()
    hidden = positive(body, "hidden_size", "n_embd", "d_model")
    return ModelShape(
        arch=_arch(config),
        model_type=model_type,
        layers=attention.layers(body, model_type),
        hidden=hidden,
        heads=positive(body, "num_attention_heads"),
        kv_heads=attention.kv_heads(body),
        head_dim=attention.head_dim(body) if not latent else positive(body, "v_head_dim"),
        inter=positive(body, *dense, "intermediate_size"),
        vocab=positive(body, "vocab_size"),
        tied=tied,
        max_len=longest(body, model_type),
        rope=rope(body, model_type),
        dtype=_dtype(config, body),
        experts=experts.experts(body, model_type),
        mla=attention.mla(body) if latent else None,
        quant=quantization(config if section(config, "quantization_config") else body),
        qkv_bias=bias and not latent,
        o_bias=(bias if family.o_bias is None else family.o_bias) and not latent,
        mlp_bias=flag(body, "mlp_bias"),
        qk_norm=family.qk_norm,
        sinks=model_type == "gpt_oss",
        gated_query=model_type == "qwen3_next",
        norms_per_layer=family.norms,
        fp16_ok=family.fp16_ok,
        vision_parameters=vision.parameters(config, hidden),
    )


def _arch(config: Config) -> str:
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, (list, tuple)) and names else ""


def _dtype(config: Config, body: Config) -> str:
    name = text(body, "dtype", "torch_dtype", default=text(config, "dtype", "torch_dtype", default="bfloat16"))
    if name not in DTYPES:
        raise ConfigError(f"the dtype {name!r} is not modelled")
    return name


def _encoder(config: Config, model_type: str) -> ModelShape:
    rows = positive(config, "max_position_embeddings")
    # RoBERTa counts positions from the padding id on, so that many rows are never used.
    unused = natural(config, "pad_token_id", default=1) + 1 if model_type != "bert" else 0
    heads, dim = positive(config, "num_attention_heads"), attention.head_dim(config)
    layers = positive(config, "num_hidden_layers")
    if layers > 10_000:
        raise ConfigError(f"num_hidden_layers {layers} is not a model")
    return ModelShape(
        arch=_arch(config),
        model_type=model_type,
        layers=(LayerKV("none"),) * layers,
        hidden=positive(config, "hidden_size"),
        heads=heads,
        kv_heads=heads,
        head_dim=dim,
        inter=positive(config, "intermediate_size"),
        vocab=positive(config, "vocab_size"),
        tied=True,
        max_len=rows - unused,
        rope=Rope(0, 0, 0),
        dtype=_dtype(config, config),
        experts=None,
        mla=None,
        quant=quantization(config),
        qkv_bias=True,
        o_bias=True,
        mlp_bias=True,
        norm_bias=True,
        encoder=True,
        side_tables=(rows, positive(config, "type_vocab_size", default=2)),
    )
