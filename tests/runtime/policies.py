"""policy.json texts for the tests: the desktop card with three clouds, the agent daemon, and variations of them."""

from __future__ import annotations

import copy
import json
from typing import Any

from dreamc.runtime.contract import load
from dreamc.runtime.types import Policy

LOCAL = ("fast", "quality")
CLOUD = ("gemini", "gpt", "claude")
TIERS = ("local_fast", "local_quality", "api_cheap", "api_premium")
SERVED = {
    "local_fast": ["fast", "quality", "gemini", "claude"],
    "local_quality": ["quality", "fast", "gemini", "claude"],
    "api_cheap": ["gemini", "quality", "fast"],
    "api_premium": ["gpt", "claude", "quality", "fast"],
}


def _cloud(provider: str, domain: str, tier: str, price: tuple[float, float]) -> dict[str, Any]:
    cost = {"input": price[0], "output": price[1]}
    where = {"location": "cloud", "provider": provider, "domain": domain}
    return {**where, "tier": tier, "context": 200_000, "usd_per_mtok": cost}


def _mode(names: tuple[str, ...], code: list[str]) -> dict[str, Any]:
    tiers = {tier: [name for name in served if name in names] for tier, served in SERVED.items()}
    auto = {"routed": True, "members": [name for name in (*LOCAL, *CLOUD) if name in names]}
    return {"aliases": {"auto": auto, "code": {"routed": False, "members": code}}, "tiers": tiers}


DESK: dict[str, Any] = {
    "version": 1,
    "stack": "hybrid",
    "aliases": ["auto", "code"],
    "members": {
        "fast": {"location": "local", "engine": "ollama", "tier": "local_fast", "context": 8192},
        "quality": {"location": "local", "engine": "vllm", "tier": "local_quality", "context": 32768},
        "gemini": _cloud("google", "generativelanguage.googleapis.com", "api_cheap", (0.5, 2)),
        "gpt": _cloud("openai", "api.openai.com", "api_premium", (2, 8)),
        "claude": _cloud("anthropic", "api.anthropic.com", "api_premium", (3, 15)),
    },
    "tiers": list(TIERS),
    "modes": {
        "hybrid": _mode((*LOCAL, *CLOUD), ["quality", "fast", "gemini", "claude"]),
        "cloud": _mode(CLOUD, ["gemini", "claude"]),
        "local": _mode(LOCAL, ["quality", "fast"]),
    },
    "actions": {
        "inline_completion": "local_fast",
        "code_review": "api_cheap",
        "architecture_design": "api_premium",
    },
    "complexity": [
        {"tier": "local_fast", "up_to": 0.3},
        {"tier": "local_quality", "up_to": 0.6},
        {"tier": "api_cheap", "up_to": 0.8, "budget_left_usd": 1, "else": "local_quality"},
        {"tier": "api_premium", "up_to": 1, "budget_left_usd": 5, "else": "local_quality"},
    ],
    "budget": {"daily_usd": None, "monthly_usd": 50, "alert_at": 0.8},
    "whitelist": {
        "cloud_domains": ["openai.com", "anthropic.com", "googleapis.com"],
        "domains": ["github.com"],
        "mcp_servers": ["memory"],
        "tasks": {
            "code_review": True,
            "architecture_design": True,
            "simple_completion": False,
            "inline_completion": False,
        },
    },
    "quality": None,
    "consensus": None,
    "cache": {"ttl_s": 86400},
    "triggers": ["timeout", "connection", "server_error", "rate_limit", "empty", "invalid"],
    "timeout_s": 30,
    "usage_log": "llm_usage.jsonl",
}


def desk() -> dict[str, Any]:
    """A copy to change."""
    return copy.deepcopy(DESK)


def policy(raw: dict[str, Any] | None = None) -> Policy:
    return load(json.dumps(DESK if raw is None else raw))
