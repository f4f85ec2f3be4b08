"""Reads typed values out of a config.json, under any of the names that models use for them."""

from __future__ import annotations

from collections.abc import Mapping

Config = Mapping[str, object]

# vLLM 0.33.0 transformers_utils/config.py:56-86 looks for these names in this order.
KV_HEADS = ("n_head_kv", "num_kv_heads", "num_key_value_heads", "multi_query_group_num", "num_attention_groups")
EXPERTS = ("num_experts", "moe_num_experts", "n_routed_experts", "num_local_experts")
CHOSEN = ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k")


class ConfigError(Exception):
    """A config.json that lacks a size, or states an impossible one."""


def first(config: Config, *names: str) -> object:
    """The first value that is neither absent nor null."""
    return next((config[name] for name in names if config.get(name) is not None), None)


def positive(config: Config, *names: str, default: int | None = None) -> int:
    """A whole number above zero; ``default`` only where no name is present."""
    value = first(config, *names)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ConfigError(f"{names[0]} must be a whole number above 0, found {value!r}")
    return value


def natural(config: Config, *names: str, default: int = 0) -> int:
    """A whole number of at least zero."""
    value = first(config, *names)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError(f"{names[0]} must be a whole number of at least 0, found {value!r}")
    return value


def number(config: Config, *names: str, default: float) -> float:
    """A finite number above zero."""
    value = first(config, *names)
    if value is None:
        return default
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1e12:
        raise ConfigError(f"{names[0]} must be a number above 0, found {value!r}")
    return float(value)


def flag(config: Config, *names: str, default: bool = False) -> bool:
    """True or false."""
    value = first(config, *names)
    return default if value is None else bool(value)


def text(config: Config, *names: str, default: str = "") -> str:
    """A string."""
    value = first(config, *names)
    return value if isinstance(value, str) else default


def section(config: Config, *names: str) -> Config:
    """A nested mapping; empty where it is absent."""
    value = first(config, *names)
    return value if isinstance(value, Mapping) else {}


def sequence(config: Config, *names: str) -> tuple[object, ...]:
    """A list as a tuple; empty where it is absent."""
    value = first(config, *names)
    return tuple(value) if isinstance(value, (list, tuple)) else ()
