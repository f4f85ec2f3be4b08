"""The settings around the models: no stacked retries, cooldowns that work, the policy in between."""

from __future__ import annotations

from typing import Any

from dreamc.backends.litellm.groups import Group, aliases, fallbacks, overflows, shares_a_rank, written
from dreamc.stack.types import GATEWAY_KEY, Mode, Stack

Value = dict[str, Any]

RUNTIME = "dream_runtime"
"""The package of the bundle's `config/runtime`, which is on the gateway's PYTHONPATH."""

HOOKS = ("door", "gate", "answers", "streams", "book")
"""The objects of the runtime's plugin, in the order in which they must be called."""

REDIS = "redis"
REDIS_PORT = 6379
CACHED_CALLS = ("acompletion", "aembedding", "atext_completion")


def router_settings(
    stack: Stack, host: str, made: tuple[Group, ...], deployments: tuple[Value, ...], allowed_fails: int
) -> Value:
    """Retries are off: the next member is the retry, and LiteLLM sleeps between its own. It checks members before a
    call only where they have limits: windows are the gate's to check, for a tenth of the time.

    `allowed_fails` of the router counts where a deployment has none of its own.
    """
    settings: Value = {
        "num_retries": 0,
        "allowed_fails": allowed_fails,
        "cooldown_time": _plain(stack.policy.cooldown),
        "timeout": _plain(stack.policy.timeout),
    }
    if any({"rpm", "tpm"} & set(deployment["litellm_params"]) for deployment in deployments):
        settings |= {"enable_pre_call_checks": True, "optional_pre_call_checks": ["enforce_model_rate_limits"]}
    if stack.policy.fallbacks_enabled and shares_a_rank(made, deployments):
        settings["enable_weighted_failover"] = True
    settings["routing_groups"] = [written(group) for group in made]
    settings |= _named(made)
    settings |= _hops(made) if stack.policy.fallbacks_enabled else {}
    return {**settings, **_redis(stack, host)}


def litellm_settings(stack: Stack, host: str, mode: Mode) -> Value:
    """The hooks of the policy and what keeps LiteLLM from asking the world. 1.106.2 knows no telemetry to turn off."""
    settings: Value = {
        "callbacks": [f"{RUNTIME}.plugin.{hook}" for hook in HOOKS],
        "enable_post_custom_auth_checks": True,
        "disable_hf_tokenizer_download": True,
        "drop_params": True,
    }
    if stack.policy.cache_ttl is not None:
        settings |= {"cache": True, "cache_params": _cache(stack, host, mode, stack.policy.cache_ttl)}
    return settings


def general_settings() -> Value:
    """`custom_auth` needs both of its checks: without the one in litellm_settings every internal name answers
    (LiteLLM 1.106.2 proxy/auth/user_api_key_auth.py:1624). There is no database."""
    return {
        "master_key": f"os.environ/{GATEWAY_KEY}",
        "custom_auth": f"{RUNTIME}.auth.check",
        "custom_auth_run_common_checks": True,
        "store_model_in_db": False,
        "disable_spend_logs": True,
        "disable_error_logs": True,
        "disable_model_info_refresh": True,
    }


def has_redis(stack: Stack, host: str) -> bool:
    """Whether the gateway of this host reaches a Redis; one is published nowhere, so it must be on the same host."""
    found = stack.service(REDIS)
    return found is not None and found.host == host


def _named(made: tuple[Group, ...]) -> Value:
    found = aliases(made)
    return {"model_group_alias": found} if found else {}


def _hops(made: tuple[Group, ...]) -> Value:
    found = {"context_window_fallbacks": overflows(made), "fallbacks": fallbacks(made)}
    return {key: value for key, value in found.items() if value}


def _redis(stack: Stack, host: str) -> Value:
    return {"redis_host": REDIS, "redis_port": REDIS_PORT} if stack.gateway.redis and has_redis(stack, host) else {}


def _cache(stack: Stack, host: str, mode: Mode, ttl: float) -> Value:
    """The mode is part of the namespace: what a cloud said is not said again by a gateway in local mode."""
    shared = stack.policy.cache_backend == "redis" and has_redis(stack, host)
    where: Value = {"type": "redis", "host": REDIS, "port": REDIS_PORT} if shared else {"type": "local"}
    where["namespace"] = f"dream:{stack.name}:{mode}"
    return {**where, "ttl": _plain(ttl), "supported_call_types": list(CACHED_CALLS)}


def _plain(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds
