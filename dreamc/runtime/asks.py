"""From the body and the headers of a client's request to what the policy decides on. Pure; trusts nothing it reads."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from .whitelist import Ask

STEERING = (
    *("fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "default_fallbacks", "disable_fallbacks"),
    *("num_retries", "max_retries", "retry_policy", "cooldown_time", "fastest_response", "priority", "tags"),
    *("specific_deployment", "deployment_id", "model_info", "model_list", "user_config", "custom_llm_provider"),
    *("api_base", "base_url", "api_key", "api_version", "mock_response", "mock_testing_fallbacks", "mock_timeout"),
    *("mock_testing_rate_limit_error", "mock_testing_context_fallbacks", "mock_testing_content_policy_fallbacks"),
    *("extra_body", "extra_headers", "extra_query", "headers", "organization", "allowed_openai_params"),
    *("input_cost_per_token", "output_cost_per_token", "guardrails", "caching_groups"),
    *("caching", "cache_key", "preset_cache_key", "litellm_params"),
)
"""Fields that would let a client choose where its request goes, or what it costs; they are dropped."""

_ACTION = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


class BadAsk(Exception):
    """A request that the client must mend; the text says how."""


def read(body: Mapping[str, object], headers: Mapping[str, str], budget_left_usd: float | None) -> Ask:
    """The request as the policy sees it. A header wins over the metadata. Raises BadAsk."""
    metadata = body.get("metadata")
    said: Mapping[str, object] = metadata if isinstance(metadata, Mapping) else {}
    force = headers.get("x-dream-force", "")
    if force not in ("", "local", "cloud"):
        raise BadAsk("x-dream-force is local or cloud")
    messages = body.get("messages")
    if messages is not None and not (isinstance(messages, list) and all(isinstance(one, Mapping) for one in messages)):
        raise BadAsk("messages is a list of objects")
    prompt, context = texts(body)
    return Ask(
        alias=_alias(body.get("model")),
        prompt=prompt,
        context=context,
        action=_action(headers.get("x-dream-action") or said.get("action_type")),
        budget_left_usd=budget_left_usd,
        force_local=force == "local" or said.get("force_local") is True,
        force_cloud=force == "cloud" or said.get("force_cloud") is True,
        max_cost_usd=_usd(headers.get("x-dream-max-cost-usd") or said.get("max_cost_usd")),
        max_output_tokens=_tokens(body.get("max_completion_tokens") or body.get("max_tokens")),
    )


def texts(body: Mapping[str, object]) -> tuple[str, str]:
    """(the last user message, everything else) as text; of a plain prompt or input, all of it and nothing."""
    messages = body.get("messages") or body.get("input")
    if not messages or not isinstance(messages, list) or not all(isinstance(each, Mapping) for each in messages):
        return "\n".join(_strings(body.get("prompt") or messages)), "\n".join(_strings(body.get("instructions")))
    asked = next((i for i in reversed(range(len(messages))) if messages[i].get("role") == "user"), len(messages) - 1)
    others = (message.get("content") for i, message in enumerate(messages) if i != asked)
    context = (
        text for content in (body.get("system"), body.get("instructions"), *others) for text in _strings(content)
    )
    return "\n".join(_strings(messages[asked].get("content"))), "\n".join(context)


def _strings(content: object) -> Iterator[str]:
    """The texts in a message's content: a string, or parts that hold one."""
    for part in content if isinstance(content, list) else (content,):
        text = part.get("text") if isinstance(part, Mapping) else part
        if isinstance(text, str):
            yield text


def _alias(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadAsk("model is missing")
    return value


def _action(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _ACTION.match(value):
        raise BadAsk("the action is up to 64 letters, digits, '_', '-' or '.'")
    return value


def _usd(value: object) -> float | None:
    if value is None:
        return None
    try:
        usd = float(value) if isinstance(value, (str, int, float)) else math.nan
    except ValueError:
        usd = math.nan
    if not usd >= 0:
        raise BadAsk("the highest cost is a number of USD, 0 or more")
    return usd


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
