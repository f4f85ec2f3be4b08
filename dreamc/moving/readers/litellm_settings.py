"""`router_settings`, `litellm_settings` and `general_settings` of LiteLLM, and what it never read."""

from __future__ import annotations

from typing import Any

from dreamc.diagnostics.types import Path
from dreamc.moving import words
from dreamc.moving.draft import Chain, Draft
from dreamc.moving.keys import key as key_of
from dreamc.moving.kinds import kind_of, secret_name
from dreamc.moving.notes import SEEN, Notes
from dreamc.moving.scalars import mapping, number, series, switch, text
from dreamc.moving.types import Claim

READ = (
    "model_list", "litellm_settings", "general_settings", "router_settings", "environment_variables", "mcp_servers",
    "guardrails", "include", "credential_list", "files_settings", "callback_settings", "vector_store_registry",
)  # fmt: skip
NEVER = "LiteLLM does not read such a key"
RETRIES = "the next model of a chain is the retry; LiteLLM would sleep between its own"
PARTS = ("router_settings", "litellm_settings", "general_settings")


def settings(notes: Notes, draft: Draft, value: dict[str, Any]) -> None:
    """Everything around the model list."""
    for key in value:
        if key not in READ:
            notes.leave((key,), NEVER)
    for part in PARTS:
        for key, one in mapping(value.get(part)).items():
            _setting(notes, draft, (part, key), key, one)
    for name, one in mapping(value.get("mcp_servers")).items():
        _mcp(notes, draft, ("mcp_servers", name), name, mapping(one))


def _setting(notes: Notes, draft: Draft, at: Path, key: str, value: object) -> None:
    amount = number(value)
    if key in ("fallbacks", "default_fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
        _fallbacks(notes, draft, at, key, value)
    elif key == "model_group_alias":
        for alias, target in mapping(value).items():
            _alias(notes, draft, (*at, alias), alias, target)
    elif key in ("timeout", "request_timeout", "cooldown_time") and amount:
        target = "cooldown" if key == "cooldown_time" else "timeout"
        draft.claim(notes, at, ("fallbacks", target), words.seconds(amount))
    elif key == "master_key":
        key_of(draft, notes, at, ("gateway", "key"), value, "GATEWAY_KEY")
    elif key in ("cache", "cache_params"):
        _cache(notes, draft, at, key, value)
    elif key == "provider_budget_config":
        for name, one in mapping(value).items():
            _budget(notes, draft, (*at, name), name, mapping(one))
    elif key in ("max_budget", "budget_duration"):
        _most(notes, draft, at, key, value)
    else:
        _plain(notes, draft, at, key, value)


def _plain(notes: Notes, draft: Draft, at: Path, key: str, value: object) -> None:
    if key == "routing_strategy":
        notes.take(at, "capabilities.*.strategy", "of the names that several models share")
    elif key in ("num_retries", "retry_after", "allowed_fails", "max_fallbacks"):
        notes.correct(at, "", RETRIES)
    elif key in ("redis_host", "redis_port", "redis_url", "redis_password"):
        draft.claim(notes, at, ("gateway", "redis"), {}, "the compiler starts a Redis beside the gateway")
    elif key in ("enable_pre_call_checks", "drop_params", "disable_hf_tokenizer_download", "store_model_in_db"):
        why = SEEN if switch(value) is (key != "store_model_in_db") else f"{SEEN}, which says otherwise"
        notes.take(at, "", why) if why == SEEN else notes.correct(at, "", why)
    elif key in ("database_url", "salt_key") or "key" in key.split("_"):
        literal = bool(text(value)) and secret_name(text(value)) is None
        notes.leave(
            at, "the gateway needs no database and no such secret" + ("; what stands here was not copied" * literal)
        )
    elif key in ("set_verbose", "json_logs", "telemetry", "turn_off_message_logging"):
        notes.leave(at, "the gateway logs without prompts; usage: log: writes a line per call")
    elif key in ("callbacks", "success_callback", "failure_callback"):
        notes.leave(at, "/metrics and usage: log: are there without callbacks; others are not set up")


def _fallbacks(notes: Notes, draft: Draft, at: Path, key: str, value: object) -> None:
    """`[{name: [next, …]}]`: the name asks its own model first."""
    if key == "context_window_fallbacks":
        notes.take(at, "fallbacks.chains", "members that hold a longer prompt are asked by themselves")
        return
    if key == "content_policy_fallbacks":
        notes.leave(at, "refusals are a matter of routing: quality: checks: [not_refused]")
        return
    if key == "default_fallbacks":
        notes.leave(at, "every name has its own chain; nothing stands behind all of them")
        return
    for index, entry in enumerate(series(value)):
        for name, after in mapping(entry).items():
            here: Path = (*at, index, name)
            listed = tuple((text(one), (*here, number_)) for number_, one in enumerate(series(after)))
            for _, path in listed:
                notes.take(path, ("fallbacks", "chains", name))
            draft.chains.append(Chain(words.name(name), notes, here, ((name, here), *listed)))


def _alias(notes: Notes, draft: Draft, at: Path, alias: str, target: object) -> None:
    """LiteLLM takes a name or {model, hidden}; a list, which it does not take, is a chain."""
    target = target.get("model") if isinstance(target, dict) else target
    listed = series(target)
    paths = [(*at, index) if isinstance(target, list) else at for index in range(len(listed))]
    for path in paths:
        if isinstance(target, list):
            notes.correct(path, ("fallbacks", "chains", alias), "LiteLLM takes no list here; as a chain it works")
        else:
            notes.take(path, ("fallbacks", "chains", alias))
    members = tuple((text(one), path) for one, path in zip(listed, paths, strict=True))
    draft.chains.append(Chain(words.name(alias), notes, at, members))


def _cache(notes: Notes, draft: Draft, at: Path, key: str, value: object) -> None:
    if key == "cache":
        if switch(value):
            draft.claim(notes, at, ("routing", "cache"), {})
        else:
            notes.take(at, "", "nothing is kept")
        return
    for name, one in mapping(value).items():
        here = (*at, name)
        amount = number(one)
        if name == "ttl" and amount:
            draft.claim(notes, here, ("routing", "cache", "ttl"), words.seconds(amount))
        elif name == "type" and one in ("redis", "local"):
            backend = "redis" if one == "redis" else "memory"
            draft.claim(notes, here, ("routing", "cache", "backend"), backend)
            if one == "redis":
                draft.claim(notes, here, ("services", "redis"), {})
        elif name in ("host", "port", "url", "namespace", "supported_call_types", "password"):
            notes.take(here, "", SEEN)


def _budget(notes: Notes, draft: Draft, at: Path, name: str, one: dict[str, Any]) -> None:
    """Rolling windows of LiteLLM become calendar days and months."""
    kind, amount = kind_of(name), number(one.get("budget_limit"))
    span = {"1d": "daily", "24h": "daily", "30d": "monthly", "31d": "monthly", "1mo": "monthly"}.get(
        text(one.get("time_period"))
    )
    if kind is None or amount is None or span is None:
        notes.leave(at, "budgets are per calendar day or month, of a provider under providers:")
        return
    draft.claims.append(Claim(("providers", kind, "budget", span), words.money(amount), notes.at(at)))
    notes.correct(at, ("providers", kind, "budget", span), "the calendar counts, not a rolling window")


def _most(notes: Notes, draft: Draft, at: Path, key: str, value: object) -> None:
    amount = number(value)
    if key == "max_budget" and amount:
        why = "without a database LiteLLM never enforced it; as a monthly budget it holds"
        draft.claim(notes, at, ("budget", "monthly"), words.money(amount), why)
    else:
        notes.correct(at, "budget", "the calendar month counts")


def _mcp(notes: Notes, draft: Draft, at: Path, name: str, one: dict[str, Any]) -> None:
    label = words.label(name).replace("-", "_")
    target: Path = ("gateway", "mcp_servers", label)
    for key, value in one.items():
        here = (*at, key)
        if key == "url" and text(value).startswith("http"):
            draft.claim(notes, here, (*target, "url"), text(value))
        elif key in ("allowed_tools", "disallowed_tools") and value:
            draft.claim(notes, here, (*target, key), [text(item) for item in series(value)])
        elif key in ("authentication_token", "auth_value"):
            key_of(draft, notes, here, (*target, "key"), value, f"MCP_{label.upper()}_KEY")
        elif key in ("transport", "auth_type"):
            notes.take(here, "", "http and a bearer token are what the gateway speaks")
