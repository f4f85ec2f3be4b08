"""Rotary caches and the longest context that a config.json allows."""

from __future__ import annotations

from dreamc.hub.attention import MLA_TYPES, head_dim
from dreamc.hub.keys import Config, natural, number, positive, section, text
from dreamc.hub.shape import Rope

KEEP_LENGTH = ("default", "llama3", "mrope", "longrope", "su")


def scaling(config: Config) -> tuple[str, float, int]:
    """Kind, factor and original length of the rope scaling."""
    given = section(config, "rope_scaling", "rope_parameters")
    kind = text(given, "rope_type", "type", default="default")
    original = natural(
        given, "original_max_position_embeddings", default=natural(config, "original_max_position_embeddings")
    )
    return kind, number(given, "factor", default=1.0), original


def positions(config: Config) -> int:
    """max_position_embeddings."""
    return positive(config, "max_position_embeddings", "max_seq_len", "seq_length", "n_positions")


def longest(config: Config, model_type: str) -> int:
    """Tokens a request may have (vLLM 0.33.0 config/model.py:2545-2684)."""
    kind, factor, original = scaling(config)
    if model_type == "gemma3_text" or kind in KEEP_LENGTH:
        return positions(config)
    return int((original or positions(config)) * factor) if kind == "yarn" else int(positions(config) * factor)


def rope(config: Config, model_type: str) -> Rope:
    """Rows and columns of the cache, which follows the model's length, not max_model_len."""
    kind, _, original = scaling(config)
    dim = positive(config, "qk_rope_head_dim") if model_type in MLA_TYPES else head_dim(config)
    dim = int(dim * number(config, "partial_rotary_factor", "rotary_pct", default=1.0))
    rows = longest(config, model_type)
    if kind in ("longrope", "su"):
        rows += original
    return Rope(rows, dim, 2 if model_type == "gemma3_text" else 1, kind)
