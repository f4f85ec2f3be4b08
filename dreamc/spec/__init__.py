"""What may be written in dream.yaml."""

from dreamc.spec.dream import Dream

__all__ = ["RENAMED", "Dream"]

RENAMED: dict[tuple[str | int, ...], str] = {
    ("monthly_budget",): "budget: monthly",
    ("daily_budget",): "budget: daily",
    ("models", "*", "max_model_len"): "context",
    ("models", "*", "gpu_memory_utilization"): "nothing: the compiler sizes the card",
    ("providers", "*", "api_key"): "key",
    ("providers", "*", "models", "*", "price"): "usd_per_mtok",
    ("providers", "*", "models", "*", "cost_per_1k_tokens"): "usd_per_mtok, per million tokens",
    ("images", "tts"): "kokoro",
    ("routing", "action_tier_overrides"): "actions",
    ("routing", "quality_threshold"): "quality: threshold",
}
"""Keys that people write from habit, of other tools and of older files, and what they are called here."""
