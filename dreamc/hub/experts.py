"""Which layers of a model have experts, how many and how large."""

from __future__ import annotations

from dreamc.hub.keys import CHOSEN, EXPERTS, Config, ConfigError, natural, positive, sequence
from dreamc.hub.shape import Experts

MOE_TYPES = (
    "mixtral",
    "qwen2_moe",
    "qwen3_moe",
    "qwen3_next",
    "deepseek_v2",
    "deepseek_v3",
    "kimi_k2",
    "gpt_oss",
    "llama4_text",
)


def experts(config: Config, model_type: str) -> Experts | None:
    """None for a dense model."""
    if model_type not in MOE_TYPES or not natural(config, *EXPERTS):
        return None
    count, chosen = positive(config, *EXPERTS), positive(config, *CHOSEN)
    if chosen > count:
        raise ConfigError(f"{chosen} experts per token of only {count}")
    inter = positive(config, "moe_intermediate_size", "intermediate_size", "ffn_hidden_size")
    layers = frozenset(_layers(config, model_type, positive(config, "num_hidden_layers")))
    if model_type in ("deepseek_v2", "deepseek_v3", "kimi_k2"):
        shared = natural(config, "n_shared_experts") * inter
        return Experts(count, chosen, inter, layers, shared, score_bias=config.get("topk_method") == "noaux_tc")
    if model_type == "llama4_text":
        width = positive(config, "intermediate_size")
        return Experts(count, chosen, width, layers, shared_inter=width)
    if model_type == "gpt_oss":
        return Experts(count, chosen, positive(config, "intermediate_size"), layers, router_bias=True, bias=True)
    shared = natural(config, "shared_expert_intermediate_size")
    return Experts(count, chosen, inter, layers, shared, shared_gate=shared > 0)


def _layers(config: Config, model_type: str, count: int) -> tuple[int, ...]:
    if model_type in ("deepseek_v2", "deepseek_v3", "kimi_k2"):
        start, step = natural(config, "first_k_dense_replace"), positive(config, "moe_layer_freq", default=1)
        return tuple(index for index in range(count) if index >= start and index % step == 0)
    if model_type == "llama4_text":
        step = positive(config, "interleave_moe_layer_step", default=1)
        listed = sequence(config, "moe_layers")
        return tuple(index for index in range(count) if (index in listed if listed else (index + 1) % step == 0))
    step = positive(config, "decoder_sparse_step", default=1)
    dense = sequence(config, "mlp_only_layers")
    return tuple(index for index in range(count) if index not in dense and (index + 1) % step == 0)
