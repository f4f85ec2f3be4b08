"""What a call costs, and what it may cost at most, in whole nano-dollars. Pure.

The most that a call may cost comes from bounds, not from estimates: a token of a byte-level or byte-fallback tokenizer
stands for at least one byte, a picture is worth at most IMAGE_TOKENS, and nothing exceeds the model's window.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any

from .types import Member, Price

NANO = 1_000_000_000

FRAME_TOKENS, MESSAGE_TOKENS, TOOLS_TOKENS = 256, 16, 1_024
"""What chat templates add to a request, to each message, and where tools are declared (Anthropic adds up to 700:
https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview)."""

IMAGE_TOKENS = 50_000
"""Above the 48,169 of gpt-4o-mini for eight tiles, the most of any provider
(https://platform.openai.com/docs/guides/images-vision)."""

WINDOW_TOKENS = 1_000_000
"""Taken for a model whose window is not known."""

UNSAID_OUTPUT = 16_384
"""Tokens that an answer may have where a budget counts and the client names no limit: reserving the longest answer that
a model can give, 10 dollars of some, would close the cloud long before a budget is spent."""

_CONTENT = (
    *("messages", "input", "prompt", "instructions", "system", "tools", "functions", "response_format"),
    *("text", "suffix", "documents", "prediction", "tool_choice"),
)
_ELSEWHERE = ("previous_response_id", "conversation", "web_search_options", "file_ids")
"""Fields that bring in text which the request does not hold."""
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_IMAGES = ("image_url", "input_image", "image")
_FILES = ("file", "input_file", "document", "video_url", "input_video")
_PLAIN_TOOLS = (None, "function", "custom")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `prompt` counts those read from and written to the provider's cache as well."""

    prompt: int
    completion: int
    cache_read: int = 0
    cache_write: int = 0


def nano(usd: float | Decimal) -> int:
    """Whole nano-dollars of an amount in USD."""
    return int((Decimal(str(usd)) * NANO).to_integral_value(ROUND_HALF_EVEN))


def dollars(amount: int) -> float:
    return amount / NANO


def cost(price: Price, used: Usage) -> int:
    """Nano-dollars of a call, rounded up."""
    price = price.of(used.prompt)
    read, written = min(used.cache_read, used.prompt), min(used.cache_write, used.prompt)
    plain = max(used.prompt - read - written, 0)
    per_million = (
        plain * _exact(price.input)
        + read * _exact(price.input if price.cache_read is None else price.cache_read)
        + written * _exact(price.input if price.cache_write is None else price.cache_write)
        + used.completion * _exact(price.output)
    )
    return int((per_million * (NANO // 1_000_000)).to_integral_value(ROUND_CEILING))


def worst(price: Price, member: Member, body: Mapping[str, Any], prompt: int, *, answers: bool = True) -> int:
    """Nano-dollars that a request can cost at most. `prompt` is its bound in tokens; `answers` is False where no text
    is asked for, as of an embedding."""
    most = Usage(min(prompt, member.context or WINDOW_TOKENS), _output_bound(member, body) if answers else 0)
    return max(cost(_dearest(tariff, body), most) for tariff in {price, price.of(most.prompt)})


def _dearest(price: Price, body: Mapping[str, Any]) -> Price:
    """With every token of the prompt at the most that one may cost."""
    written = max(price.input, price.cache_write or 0.0)
    if price.cache_write is not None and _caches(body.get("messages")):
        written = max(written, 2 * price.input)  # an hour in Anthropic's cache is written at twice the price
    return Price(written, price.output)


def output_limit(member: Member, body: Mapping[str, Any]) -> int | None:
    """The limit to set on a call to a counted member whose client names none; None where it names one."""
    if any(_positive(body.get(name)) for name in _LIMITS):
        return None
    return min(UNSAID_OUTPUT, member.max_output or UNSAID_OUTPUT)


def prompt_bound(body: Mapping[str, Any]) -> int:
    """Tokens that the input of a request can have at most; WINDOW_TOKENS where that cannot be told from the request."""
    if any(body.get(name) for name in _ELSEWHERE) or isinstance(body.get("prompt"), Mapping):
        return WINDOW_TOKENS
    tools = body.get("tools")
    kinds = tuple(tool.get("type") for tool in tools if isinstance(tool, Mapping)) if isinstance(tools, list) else ()
    if any(kind not in _PLAIN_TOOLS for kind in kinds):
        return WINDOW_TOKENS
    frame = FRAME_TOKENS + (TOOLS_TOKENS if kinds or body.get("functions") else 0)
    return min(frame + sum(_tokens(body[name]) for name in _CONTENT if body.get(name)), WINDOW_TOKENS)


def usage_of(response: Any) -> Usage | None:
    """The usage that a provider reported, in OpenAI's, Anthropic's or the Responses shape; None where it did not."""
    found = _field(response, "usage")
    if found is None:
        return None
    prompt, completion = _count(found, "prompt_tokens"), _count(found, "completion_tokens")
    if prompt is not None or completion is not None:
        return _openai(found, prompt or 0, completion or 0, "prompt_tokens_details")
    prompt, completion = _count(found, "input_tokens"), _count(found, "output_tokens")
    if prompt is None and completion is None:
        return None
    read, written = _count(found, "cache_read_input_tokens"), _count(found, "cache_creation_input_tokens")
    if read is None and written is None:
        return _openai(found, prompt or 0, completion or 0, "input_tokens_details")
    # Anthropic counts what went through its cache beside the input tokens, OpenAI among them.
    return Usage((prompt or 0) + (read or 0) + (written or 0), completion or 0, read or 0, written or 0)


def _openai(found: Any, prompt: int, completion: int, details: str) -> Usage:
    told = _field(found, details)
    read = _count(told, "cached_tokens") or _count(found, "cache_read_input_tokens") or 0
    written = _count(told, "cache_creation_tokens") or _count(found, "cache_creation_input_tokens") or 0
    return Usage(prompt, completion, read, written)


def _output_bound(member: Member, body: Mapping[str, Any]) -> int:
    """Tokens that all answers together can have at most."""
    asked = next((limit for name in _LIMITS if (limit := _positive(body.get(name)))), None)
    own = member.max_output or member.context or WINDOW_TOKENS
    one = own if asked is None else asked if member.max_output is None else min(asked, own)
    return one * max(_positive(body.get("n")) or 1, _positive(body.get("best_of")) or 1, _prompts(body.get("prompt")))


def _prompts(prompt: object) -> int:
    """A completion may ask for several prompts at once."""
    return len(prompt) if isinstance(prompt, list) and prompt and isinstance(prompt[0], (str, list)) else 1


def _tokens(value: object) -> int:
    """An upper bound, by walking what will be sent; a list of token ids counts one a piece at least."""
    total, left = 0, [value]
    while left:
        here = left.pop()
        if isinstance(here, str):
            total += len(here) if here.isascii() else len(here.encode("utf-8", "surrogatepass"))
        elif isinstance(here, Mapping):
            total += MESSAGE_TOKENS
            kind = here.get("type")
            if kind in _FILES:
                return WINDOW_TOKENS
            if kind in _IMAGES:
                total += IMAGE_TOKENS
            else:
                left.extend(_parts(here))
        elif isinstance(here, (list, tuple)):
            left.extend(here)
        elif here is not None:
            total += MESSAGE_TOKENS
    return total


def _parts(value: Mapping[Any, object]) -> Iterator[object]:
    """Keys count too: a schema's are sent as they are."""
    for name, inner in value.items():
        yield str(name)
        yield inner


def _caches(messages: object) -> bool:
    """Whether a part of a message asks for a place in the provider's cache."""
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        parts = content if isinstance(content, list) else ()
        if isinstance(message, Mapping) and "cache_control" in message:
            return True
        if any(isinstance(part, Mapping) and "cache_control" in part for part in parts):
            return True
    return False


@functools.lru_cache(maxsize=4_096)
def _exact(usd: float) -> Decimal:
    return Decimal(str(usd))


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _count(value: Any, name: str) -> int | None:
    found = _field(value, name)
    return int(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
