"""config/litellm/<mode>-config.yaml: groups, and the settings around the models."""

from __future__ import annotations

from dreamc.explain.cast import alias_path, mode_of
from dreamc.explain.types import Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, env, fixed

SETTINGS = "backends/litellm/settings.py"
GROUPS = "backends/litellm/groups.py"


def _group(scene: Scene, spot: Spot) -> Told | None:
    entry = spot.above(3)
    name = str(entry.get("group_name", "")) if isinstance(entry, dict) else ""
    return _members_of(scene, spot, name)


def _hops(scene: Scene, spot: Spot) -> Told | None:
    why = {
        "context_window_fallbacks": "a prompt that its members refuse goes on to those with larger windows, in order",
        "fallbacks": "LiteLLM walks priority groups by itself; the other strategies need the list",
    }
    told = _members_of(scene, spot, spot.text(3))
    return Told(why[spot.text(1)], told.paths, told.origins) if told else None


def _members_of(scene: Scene, spot: Spot, name: str) -> Told | None:
    mode = mode_of(spot.path)
    tier = name.startswith("tier:")
    what = (
        f"the tier {name[5:]}: its own members, then those that stand in"
        if tier
        else f"the alias {name} and who answers"
    )
    why = f"{what}, in {mode} mode; `x@local` and `x@provider` are names that no client can ask for"
    paths = alias_path(scene, name)
    return chosen(GROUPS, why, *paths) if paths or tier else None


FILE = "config/litellm/*-config.yaml"
RULES: tuple[Rule, ...] = (
    Rule(
        FILE,
        ("router_settings", "num_retries"),
        fixed(
            SETTINGS, "the next member is the retry; LiteLLM's own retries sleep and would stack on top of the chain"
        ),
    ),
    Rule(FILE, ("router_settings", "allowed_fails"), fixed(SETTINGS, "counts where a deployment has none of its own")),
    Rule(
        FILE,
        ("router_settings", "cooldown_time"),
        lambda _s, _p: Told("seconds a member that failed is left alone", (("fallbacks", "cooldown"),)),
    ),
    Rule(
        FILE,
        ("router_settings", "timeout"),
        lambda _s, _p: Told("seconds one member may take", (("fallbacks", "timeout"),)),
    ),
    Rule(
        FILE,
        ("router_settings", "enable_pre_call_checks"),
        fixed(SETTINGS, "a member that has reached its rpm is skipped; windows are the gate's to check"),
    ),
    Rule(
        FILE,
        ("router_settings", "optional_pre_call_checks", "*"),
        fixed(SETTINGS, "rpm and tpm are limits, not only weights"),
    ),
    Rule(
        FILE,
        ("router_settings", "enable_weighted_failover"),
        fixed(SETTINGS, "several servers of one rank: the others are tried too"),
    ),
    Rule(FILE, ("router_settings", "routing_groups", "*", "routing_strategy"), _group),
    Rule(FILE, ("router_settings", "routing_groups", "**"), _group),
    Rule(
        FILE,
        ("router_settings", "model_group_alias", "*"),
        fixed(GROUPS, "LiteLLM keeps the name `default` for itself"),
    ),
    Rule(FILE, ("router_settings", "context_window_fallbacks", "**"), _hops),
    Rule(FILE, ("router_settings", "fallbacks", "**"), _hops),
    Rule(
        FILE,
        ("router_settings", "redis_*"),
        lambda _s, _p: chosen(SETTINGS, "gateways share cool-downs and budgets through Redis", ("gateway", "redis")),
    ),
    Rule(
        FILE,
        ("litellm_settings", "callbacks", "*"),
        fixed(SETTINGS, "the policy's hooks, in the order in which they must be called"),
    ),
    Rule(
        FILE,
        ("litellm_settings", "disable_hf_tokenizer_download"),
        fixed(SETTINGS, "a stream without usage would fetch a tokenizer and hang where there is no way out"),
    ),
    Rule(
        FILE,
        ("litellm_settings", "drop_params"),
        fixed(SETTINGS, "a parameter that the next member does not know must not break the chain"),
    ),
    Rule(
        FILE,
        ("litellm_settings", "enable_post_custom_auth_checks"),
        fixed(SETTINGS, "without it every internal name answers"),
    ),
    Rule(
        FILE,
        ("litellm_settings", "cache_params", "ttl"),
        lambda _s, _p: Told("seconds an answer is kept", (("routing", "cache", "ttl"),)),
    ),
    Rule(
        FILE,
        ("litellm_settings", "cache_params", "namespace"),
        fixed(SETTINGS, "the mode is part of it: what a cloud said is not said again by a gateway in local mode"),
    ),
    Rule(
        FILE,
        ("litellm_settings", "cache*", "**"),
        lambda _s, _p: chosen(
            SETTINGS,
            "answers are kept in the Redis of the host, or in the gateway's memory without one",
            ("routing", "cache"),
            ("services", "redis"),
        ),
    ),
    Rule(
        FILE,
        ("mcp_servers", "**"),
        lambda _s, _p: chosen(
            "backends/litellm/mcp.py",
            "what the gateway offers at /mcp, of those that the whitelist allows",
            ("gateway", "mcp_servers"),
            ("whitelist", "mcp_servers"),
        ),
    ),
    Rule(FILE, ("general_settings", "master_key"), env),
    Rule(
        FILE,
        ("general_settings", "custom_auth"),
        fixed(SETTINGS, "the policy's own check of the key and of the name asked for"),
    ),
    Rule(
        FILE,
        ("general_settings", "custom_auth_run_common_checks"),
        fixed(
            SETTINGS,
            "without it LiteLLM skips its own checks after ours, "
            "and every internal name answers (LiteLLM 1.106.2 proxy/auth/user_api_key_auth.py:1624)",
        ),
    ),
    Rule(
        FILE,
        ("general_settings", "store_model_in_db"),
        fixed(SETTINGS, "there is no database: the file is all there is"),
    ),
    Rule(
        FILE,
        ("general_settings", "disable_*"),
        fixed(SETTINGS, "nothing about requests is written outside the policy's ledger and log"),
    ),
)
